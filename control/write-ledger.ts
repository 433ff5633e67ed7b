import type { Engine } from '../core/engine.ts'
import { ident, join, literal, sql } from '../core/sql.ts'
import type { LedgerEntries, UndoEntries } from './ledger.ts'

const NO_UNDO: UndoEntries = { undone: [], redone: [] }

/** Add a run's entries to the control tables of an attached catalog. */
export async function writeLedger(
  engine: Engine,
  catalog: string,
  entries: LedgerEntries,
  version: number,
): Promise<void> {
  // First what ends, then what begins: a file can end one range of versions and begin the next in one commit.
  await endRanges(engine, catalog, entries.removed, version)
  await insertRows(
    engine,
    catalog,
    'runs',
    entries.runs.map((run) => ({ ...run, command: run.command ?? 'run' })),
  )
  await insertRows(engine, catalog, 'files', entries.files)
  await insertRows(engine, catalog, 'steps', entries.steps)
  await insertRows(engine, catalog, 'rule_results', entries.ruleResults)
  await insertRows(engine, catalog, 'data_files', entries.dataFiles)
  await insertRows(engine, catalog, 'returns', entries.returns ?? [])
  await insertRows(engine, catalog, 'vacuums', entries.vacuums ?? [])
  await insertRows(engine, catalog, 'freshness', entries.freshness ?? [])
  await insertRows(engine, catalog, 'replaced_rows', entries.replacedRows ?? [])
  await insertRows(engine, catalog, 'mart_inputs', entries.martInputs ?? [])
  await insertRows(engine, catalog, 'mart_tests', entries.martTests ?? [])
  await insertRows(engine, catalog, 'mart_results', entries.martResults ?? [])
  await forgetBackups(engine, catalog, entries.goneBackups ?? [])
  await insertRows(engine, catalog, 'backups', entries.backups ?? [])
  await insertRows(engine, catalog, 'restores', entries.restores ?? [])
  await undoRuns(engine, catalog, entries.undo ?? NO_UNDO, version)
}

async function endRanges(engine: Engine, catalog: string, paths: readonly string[], version: number): Promise<void> {
  if (paths.length === 0) return
  const dataFiles = ident(catalog, 'control', 'data_files')
  const removed = literal(paths)
  await engine.run(
    sql`update ${dataFiles} set removed_in = ${version} where removed_in is null and list_contains(${removed}, path)`,
  )
}

async function forgetBackups(engine: Engine, catalog: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return
  const backups = ident(catalog, 'control', 'backups')
  await engine.run(sql`update ${backups} set is_gone = true where list_contains(${literal(paths)}, path)`)
}

/** A rollback's part: runs that count no more, and runs that a rollback before it had undone and that count again. */
async function undoRuns(engine: Engine, catalog: string, undo: UndoEntries, version: number): Promise<void> {
  const [runs, undone] = [ident(catalog, 'control', 'runs'), ident(catalog, 'control', 'undone_runs')]
  for (const runId of undo.undone) {
    await engine.run(sql`update ${runs} set status = 'rolled_back' where run_id = ${runId}`)
    await engine.run(sql`insert into ${undone} values (${runId}, ${version}, null)`)
  }
  for (const runId of undo.redone) {
    await engine.run(sql`update ${runs} set status = 'committed' where run_id = ${runId}`)
    await engine.run(sql`update ${undone} set redone_in = ${version} where run_id = ${runId} and redone_in is null`)
  }
}

/** Rows per INSERT: one statement for all of them would make a very long text. */
const ROWS_PER_INSERT = 500

async function insertRows(engine: Engine, catalog: string, table: string, rows: readonly object[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    const batch = rows.slice(start, start + ROWS_PER_INSERT)
    const columns = Object.keys(batch[0] ?? {})
    const names = join(
      columns.map((column) => ident(snakeCase(column))),
      ', ',
    )
    const tuples = batch.map((row) => {
      const record = row as Record<string, string | number | null | Date>
      return sql`(${join(
        columns.map((column) => literal(record[column] ?? null)),
        ', ',
      )})`
    })
    await engine.run(sql`insert into ${ident(catalog, 'control', table)} (${names}) values ${join(tuples, ', ')}`)
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
