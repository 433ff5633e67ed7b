import { join as joinPath } from 'node:path'
import { type Bench, stageDataFile } from '../../control/data-files.ts'
import { columnsOf, lineageColumns } from '../../control/relations.ts'
import type { OnRows, RowBatch, RowSource } from '../../control/row-source.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { type Rule, recordRules, typedName } from '../dw/index.ts'
import { recordsOf } from './source-values.ts'
import type { Target } from './target.ts'

/** Typed rows in a file that may become a data file of the table. */
export interface AcceptedPart {
  /** Absolute. */
  readonly path: string
  readonly rows: number
}

/** Rows that break a rule: the columns of a table's quarantine but those that tell of the run. Temporary. */
export const REFUSED_ROWS = ident('refused_rows')

const BATCH = 'source_rows'

/**
 * Read all rows of a source and judge each by itself: good ones become typed rows in files, in their order; the others are
 * put aside with their reasons. Only a batch of them is in memory at a time.
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
  const { table } = target
  await createRefused(bench, table)
  const parts: AcceptedPart[] = []
  let doneRows = 0
  for (let batch = await source.fill(engine, BATCH); batch !== null; batch = await source.fill(engine, BATCH)) {
    const path = joinPath(folder, `restored-${String(parts.length + 1).padStart(6, '0')}.parquet`)
    const rows = await acceptBatch(bench, target, source, batch, path)
    if (rows > 0) parts.push({ path, rows })
    doneRows += batch.rows
    onRows({ table: target.tableName, stage: 'restore', doneRows, totalRows: target.totalRows ?? doneRows })
  }
  await engine.run(sql`drop table if exists ${ident('temp', BATCH)}`)
  return parts
}

async function acceptBatch(
  bench: Bench,
  target: Target,
  source: RowSource,
  batch: RowBatch,
  path: string,
): Promise<number> {
  const { table } = target
  const rules = recordRules(table)
  const broken = join(
    rules.map((rule) => rule.broken),
    ' or ',
  )
  const records = recordsOf(table, source.columns, lineageValues(target, batch), ident('temp', BATCH))
  const judged = sql`select *, coalesce(${broken}, false) as _broken from (${records})`
  const own = Object.keys(table.columns).map((name) => sql`${typedName(name)} as ${ident(name)}`)
  const ours = lineageColumns(table).map(({ name }) => ident(name))
  const good = sql`select ${join([...own, ...ours], ', ')} from (${judged}) where not _broken`
  const rows = await stageDataFile(bench, 'dw', path, good)
  if (rows < batch.rows) await putAside(bench, target, sql`select * from (${judged}) where _broken`, rules)
  return rows
}

/**
 * The columns of ours, in the order of the table's: as the source knows them, else as those of a file that came today. A run
 * of which this lake's ledger does not know, as in a lake that was made anew, gives way to the restore's own.
 */
function lineageValues({ table, fileId, runId, uploads }: Target, { origins }: RowBatch): Sql[] {
  const known = origins.map((origin) =>
    uploads.brought.has(`${origin._file_id} ${origin._run_id}`) ? origin : { ...origin, _run_id: null },
  )
  return lineageColumns(table).map(({ name, type }) => {
    if (name === '_line') return sql`_line`
    const unknown = name === '_file_id' ? fileId : name === '_run_id' ? String(runId) : null
    const values = known.length === 0 ? [unknown] : known.map((origin) => origin[name] ?? unknown)
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
  const columns = columnsOf('rejects', table).map(({ name, type }) => sql`${ident(name)} ${raw(type)}`)
  await engine.run(sql`create or replace temp table ${REFUSED_ROWS} (${join(columns, ', ')})`)
}

/**
 * Add rows to the refused ones, with the rules that each breaks. `_file`, the name of the file, is filled in later.
 *
 * @param rows as rules see them, with the columns of ours
 */
export async function putAside({ engine }: Bench, { table }: Target, rows: Sql, rules: readonly Rule[]): Promise<void> {
  const verdicts = rules.map(
    (rule) => sql`case when ${rule.broken} then {rule: ${literal(rule.id)}, reason: ${rule.reason}} end`,
  )
  const own = ['_extra', '_raw', ...Object.keys(table.columns), '_file_id', '_line'].map((name) => ident(name))
  await engine.run(sql`
    insert into ${REFUSED_ROWS} by name
    select
      ${join(own, ', ')},
      list_transform(_verdicts, lambda _verdict: _verdict.rule) as _rules,
      array_to_string(list_transform(_verdicts, lambda _verdict: _verdict.reason), '; ') as _reason,
      _file_id || ':' || _line as _id
    from (
      select *, list_filter([${join(verdicts, ', ')}], lambda _verdict: _verdict is not null) as _verdicts
      from (${rows})
    )`)
}
