import { join as joinPath } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, RuleResult, StepEntry } from '../../control/ledger.ts'
import { selectTable, type TableFiles, tableFilesOf } from '../../control/table-rows.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, readParquet, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { type Accepted, acceptRecords } from './accept-records.ts'
import { findRefused } from './find-refused.ts'
import { countByFile, countOutcomes } from './keys/count-outcomes.ts'
import { settleKeys } from './keys/settle-keys.ts'
import { writeChanges } from './keys/write-changes.ts'
import { quarantineRows } from './quarantine-rows.ts'
import { readRuleResults } from './rule-results.ts'
import { createRunFiles, inputOf, type TableInput } from './table-input.ts'
import { writeRows } from './write-rows.ts'

export { checkContracts } from './check-contracts.ts'
export { withTypedValues } from './read-records.ts'
export { typedName } from './rules/index.ts'

/** What a run adds to one table. */
export interface TableResult {
  readonly tableName: string
  /** None when no record was good. */
  readonly rows: readonly DataFile[]
  /** Which rows of before are no longer in the table, or no longer current; null when all are. */
  readonly changes: DataFile | null
  /** Null when none was refused. */
  readonly rejects: DataFile | null
  /** Records by what became of them, by file id; a file without any is not there. */
  readonly loaded: ReadonlyMap<string, number>
  readonly updated: ReadonlyMap<string, number>
  readonly unchanged: ReadonlyMap<string, number>
  readonly quarantined: ReadonlyMap<string, number>
  /** Rows whose place records of this run have taken, by the file id of the upload that had brought them. */
  readonly replaced: ReadonlyMap<string, number>
  readonly ruleResults: readonly RuleResult[]
  readonly step: StepEntry
}

/** Views `dw.<table>` in the engine, over the data files that `filesOf` names: what rules and marts read. */
export async function showTables(
  engine: Engine,
  tables: Config['tables'],
  filesOf: (tableName: string) => TableFiles,
): Promise<void> {
  await engine.run(sql`create schema dw`)
  for (const [tableName, table] of Object.entries(tables)) await showTable(engine, tableName, table, filesOf(tableName))
}

/**
 * DW: judge the records of each table, parents before the tables that refer to them; good ones become typed rows, the
 * others go to quarantine. The views of `showTables` then show each table as it will be after the run.
 */
export async function loadTables(lake: Lake, run: Run, ods: OdsResult): Promise<TableResult[]> {
  const { tables } = lake.project.config
  const results: TableResult[] = []
  for (const tableName of orderTables(tables) ?? []) {
    const input = inputOf(lake, tableName, ods)
    if (input === undefined) continue
    const result = await loadTable(lake, run, input)
    if (result.rows.length > 0) {
      const dataFiles = [...lake.state.dataFiles, ...tableFilesAdded(result)]
      await showTable(lake.engine, tableName, input.table, tableFilesOf(dataFiles, lake.layout, tableName))
    }
    results.push(result)
  }
  return results
}

/** The data files that a run adds to a table: its rows, and what they change. */
export function tableFilesAdded({ rows, changes }: TableResult): DataFile[] {
  return changes === null ? [...rows] : [...rows, changes]
}

async function loadTable(lake: Lake, run: Run, input: TableInput): Promise<TableResult> {
  const started = performance.now()
  await createRunFiles(lake.engine, input)
  const accepted: Accepted[] = []
  for (const part of input.parts) accepted.push(await acceptRecords(lake, run, input, part))
  const good = await findRefused(lake.engine, input, accepted)
  await settleKeys(lake, run, input, good, accepted)
  const rows = await writeRows(lake, run, input, accepted)
  const changes = await writeChanges(lake, run, input)
  const rejects = await quarantineRows(lake, run, input)
  const durationMs = Math.round(performance.now() - started)
  const written = await countRows(lake, rows)
  const quarantined = await countRows(lake, rejects === null ? [] : [rejects])
  const { updated, unchanged, superseded, replaced } = await countOutcomes(lake.engine, input)
  const loaded = new Map(
    input.files.map(({ fileId }) => {
      const of = (counts: ReadonlyMap<string, number>) => counts.get(fileId) ?? 0
      return [fileId, of(written) + of(superseded) - of(updated)]
    }),
  )
  const ruleResults = rejects === null ? [] : await readRuleResults(lake, run, input.tableName, rejects)
  const rowCount = rows.reduce((sum, file) => sum + file.rows, 0)
  const rejectCount = rejects?.rows ?? 0
  lake.log.info({ runId: run.runId, table: input.tableName, rowCount, rejectCount, durationMs }, 'table loaded')
  const step: StepEntry = {
    runId: run.runId,
    stage: 'dw',
    target: input.tableName,
    rowsIn: input.parts.reduce((sum, part) => sum + part.records, 0),
    rowsOut: rowCount,
    durationMs,
  }
  const counts = { loaded, updated, unchanged, quarantined, replaced }
  return { tableName: input.tableName, rows, changes, rejects, ...counts, ruleResults, step }
}

async function showTable(engine: Engine, tableName: string, table: TableConfig, files: TableFiles): Promise<void> {
  await engine.run(sql`create or replace view ${ident('dw', tableName)} as ${selectTable(table, files)}`)
}

async function countRows(lake: Lake, dataFiles: readonly DataFile[]): Promise<Map<string, number>> {
  if (dataFiles.length === 0) return new Map()
  const paths = dataFiles.map(({ path }) => joinPath(lake.layout.lake, path))
  return countByFile(lake.engine, readParquet(paths))
}
