import { type Bench, stageDataFile } from '../../control/data-files.ts'
import { lineageColumns } from '../../control/relations.ts'
import type { OnRows, RowBatch, RowSource } from '../../control/row-source.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { type Rule, typedName } from '../dw/index.ts'
import { recordsOf } from './source-values.ts'
import { extraColumns, type Target } from './target.ts'

/** Typed rows in a file that may become a data file of the table. */
export interface AcceptedPart {
  /** Absolute. */
  readonly path: string
  readonly rows: number
}

/**
 * Rows that break a rule: the columns of the table as text, `_rules`, `_reason`, `_record` (number in the source; NULL where
 * it is not kept), and the address of the row, `_file_id` and `_line`.
 */
export const REFUSED_ROWS = ident('temp', 'refused_rows')

/** One batch is read while the one before it is judged. */
const BATCHES = ['source_rows_1', 'source_rows_2'] as const

/**
 * Read all rows of a source and judge each by itself: good ones become typed rows in files, in their order; the others are
 * put aside with their reasons. Only two batches of them are in memory at a time.
 *
 * @param folder for the files
 * @throws {DroplakeError} BACKUP_DAMAGED
 */
export async function acceptRows(
  bench: Bench,
  target: Target,
  source: RowSource,
  folder: string,
  onRows: OnRows,
): Promise<AcceptedPart[]> {
  const { engine } = bench
  await createRefused(bench, target.table)
  const parts: AcceptedPart[] = []
  let [readRows, judgedRows] = [0, 0]
  const judge = async (batch: Batch) => {
    const path = engine.paths.issue(folder, `restored-${target.tableName}`)
    const rows = await acceptBatch(bench, target, source, batch, path)
    if (rows > 0) parts.push({ path, rows })
    judgedRows += batch.rows
    onRows({
      table: target.tableName,
      stage: 'restore',
      doneRows: judgedRows,
      totalRows: target.totalRows ?? judgedRows,
    })
  }
  let judging: Promise<void> = Promise.resolve()
  try {
    for (let number = 0; ; number++) {
      const tableName = BATCHES[number % 2] ?? BATCHES[0]
      const batch = await source.fill(engine, tableName)
      await judging
      if (batch === null) break
      judging = judge({ ...batch, before: readRows, tableName })
      // It is waited for when the next batch has been read; without this a fault of it would end the process first.
      judging.catch(() => undefined)
      readRows += batch.rows
    }
  } finally {
    await judging.catch(() => undefined)
  }
  for (const name of BATCHES) await engine.run(sql`drop table if exists ${ident('memory', 'main', name)}`)
  return parts
}

/** Rows in a table of the engine's memory; `before`: rows of the source before them. */
interface Batch extends RowBatch {
  readonly tableName: string
  readonly before: number
}

async function acceptBatch(
  bench: Bench,
  target: Target,
  source: RowSource,
  batch: Batch,
  path: string,
): Promise<number> {
  const { table, rules } = target
  const broken = join(
    rules.map((rule) => rule.broken),
    ' or ',
  )
  const record = sql`rowid + ${raw(String(batch.before + 1))} as _record`
  const rowsIn = currentRows(target.table, batch)
  const judgedAs = (texts: 'shown' | 'there') => {
    const records = recordsOf(table, source, [...lineageValues(target, batch), record], rowsIn, texts)
    return sql`select *, coalesce(${broken}, false) as _broken from (${records})`
  }
  const own = Object.keys(table.columns).map((name) => sql`${typedName(name)} as ${ident(name)}`)
  const ours = new Set([...lineageColumns(table).map(({ name }) => name), ...extraColumns(target)])
  const listed = join([...own, ...[...ours].map((name) => ident(name))], ', ')
  // As when uploads are loaded: pushed down, the filter would have every cast computed twice.
  await bench.engine.run(sql`set disabled_optimizers = 'filter_pushdown,in_clause'`)
  try {
    const good = sql`select ${listed} from (${judgedAs('there')}) where not _broken`
    const rows = await stageDataFile(bench, 'dw', path, good)
    if (rows < batch.rows) await putAside(bench, target, sql`select * from (${judgedAs('shown')}) where _broken`, rules)
    return rows
  } finally {
    await bench.engine.run(sql`reset disabled_optimizers`)
  }
}

/** The rows of a batch; without those that a table under `onConflict: history` had closed, where the target keeps no history. */
function currentRows({ onConflict }: TableConfig, { tableName, origins }: Batch): Sql {
  const rows = ident('memory', 'main', tableName)
  const closed = origins.flatMap(({ _valid_to }, index) => ((_valid_to ?? null) === null ? [] : [String(index)]))
  if (onConflict === 'history' || closed.length === 0) return rows
  return sql`(select *, rowid from ${rows} where _origin not in (${raw(closed.join(', '))}))`
}

/**
 * The columns of ours, in the order of the table's: as the source knows them, else as those of a file that came today. A run
 * of which this lake's ledger does not know, as in a lake that was made anew, gives way to the restore's own.
 */
function lineageValues({ table, fileId, runId, startedAt, uploads }: Target, { origins }: RowBatch): Sql[] {
  const unknown: Readonly<Record<string, string>> = {
    _file_id: fileId,
    _run_id: String(runId),
    _valid_from: startedAt.toISOString(),
  }
  const known = origins.map((origin) =>
    uploads.brought.has(`${origin._file_id} ${origin._run_id}`) ? origin : { ...origin, _run_id: null },
  )
  return lineageColumns(table).map(({ name, type }) => {
    if (name === '_line') return sql`_line`
    const missing = unknown[name] ?? null
    const values = known.length === 0 ? [missing] : known.map((origin) => origin[name] ?? missing)
    return sql`${oneOf(values)}::${raw(type)} as ${ident(name)}`
  })
}

/** One of a few values, by `_origin`. */
function oneOf(values: readonly (string | null)[]): Sql {
  if (values.every((value) => value === values[0])) return literal(values[0] ?? null)
  return sql`list_extract([${join(
    values.map((value) => literal(value)),
    ', ',
  )}], _origin + 1)`
}

async function createRefused({ engine }: Bench, table: TableConfig): Promise<void> {
  const own = Object.keys(table.columns).map((name) => sql`${ident(name)} varchar`)
  await engine.run(sql`
    create or replace temp table refused_rows
      (${join(own, ', ')}, _rules varchar[], _reason varchar, _record bigint, _file_id varchar, _line bigint)`)
}

/**
 * Add rows to the refused ones, with the rules that each breaks.
 *
 * @param rows as rules see them, with `_file_id` and `_line`; with `_record` where the target keeps it, or where it is known
 */
export async function putAside(
  { engine }: Bench,
  { table, keepsRecords }: Target,
  rows: Sql,
  rules: readonly Rule[],
): Promise<void> {
  const verdicts = rules.map(
    (rule) => sql`case when ${rule.broken} then {rule: ${literal(rule.id)}, reason: ${rule.reason}} end`,
  )
  const own = Object.keys(table.columns).map((name) => ident(name))
  await engine.run(sql`
    insert into ${REFUSED_ROWS}
    select
      ${join(own, ', ')},
      list_transform(_verdicts, lambda _verdict: _verdict.rule) as _rules,
      array_to_string(list_transform(_verdicts, lambda _verdict: _verdict.reason), '; ') as _reason,
      ${keepsRecords ? sql`_record` : sql`null`}, _file_id, _line
    from (
      select *, list_filter([${join(verdicts, ', ')}], lambda _verdict: _verdict is not null) as _verdicts
      from (${rows})
    )`)
}
