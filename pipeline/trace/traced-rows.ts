import type { Json } from '@duckdb/node-api'
import { mayWait } from '../../control/relations.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { type RawDialect, rawRecord } from './raw-record.ts'

/** A row, and where it came from. */
export interface TraceRow {
  /** With its layer: `dw.orders`. */
  readonly table: string
  /** Its own columns. */
  readonly row: Readonly<Record<string, Json>>
  readonly runId: number
  readonly file: string
  /** The physical line where its record starts. */
  readonly line: number
  /** The record's text, as far as the lake has it (docs/trace.md). */
  readonly raw: string
  /** In quarantine: why it is there. */
  readonly reason?: string
  /** Its values came later, in a CSV of the quarantine that was dropped back. */
  readonly correction?: Pick<TraceRow, 'runId' | 'file' | 'line' | 'raw'>
  /** It waited for what it refers to: since when (UTC). */
  readonly waitedSince?: string
}

/** Layers that have rows with a file and a line. */
export type RowLayer = 'dw' | 'ods' | 'quarantine'

/** Rows of DW that were found: `_table`, `_file_id`, `_line`. */
export const TRACED = ident('temp', 'traced')

export async function createTraced(engine: Engine): Promise<void> {
  await engine.run(sql`create or replace temp table traced (_table varchar, _file_id varchar, _line bigint)`)
}

/** Tables that have rows in `TRACED`, and how many. */
export async function countTraced(engine: Engine): Promise<{ table: string; rows: number }[]> {
  return engine.rows<{ table: string; rows: number }>(sql`
    select _table as "table", count(*) as rows
    from (select distinct * from ${TRACED})
    group by _table
    order by rows desc, _table`)
}

/** The first rows of a table that are in `TRACED`, in the order of their files and lines. */
export async function readTraced(
  engine: Engine,
  config: Config,
  tableName: string,
  limit: number,
): Promise<TraceRow[]> {
  const table = config.tables[tableName]
  if (table === undefined) return []
  const wanted = sql`(select _file_id, _line from ${TRACED} where _table = ${literal(tableName)})`
  const rows = sql`(select * from ${ident('dw', tableName)} semi join ${wanted} using (_file_id, _line))`
  return readRows(engine, { layer: 'dw', tableName, table }, rows, limit)
}

export interface RowTable {
  readonly layer: RowLayer
  readonly tableName: string
  readonly table: TableConfig
}

/**
 * Rows of a relation of a table in one layer, each with its run, its file and its record's text. A file's name is that of the
 * upload whose content was loaded; later ones of the same content are duplicates.
 *
 * @param rows with the columns of `<layer>.<table>`
 */
export async function readRows(
  engine: Engine,
  { layer, tableName, table }: RowTable,
  rows: Sql,
  limit: number,
): Promise<TraceRow[]> {
  const columns = Object.keys(table.columns)
  const [own, text, fixed] = ['_rows', '_texts', '_fixes'].map((relation) =>
    columns.map((name, index) => sql`${ident(relation, name)} as ${ident(`${relation}_${index}`)}`),
  ) as [Sql[], Sql[], Sql[]]
  const inQuarantine = layer === 'quarantine'
  const found = await engine.jsonRows(sql`
    with
    _files as (
      select
        file_id as _file_id, coalesce(max_by(name, run_id) filter (where outcome = 'loaded'), max_by(name, run_id)) as _name,
        max_by(dialect, run_id) filter (where outcome = 'loaded') as _dialect, max(run_id) filter (where outcome = 'loaded') as _loaded_by
      from control.files
      semi join (select run_id from control.runs where status = 'committed') using (run_id)
      where outcome in ('loaded', 'restored')
      group by file_id
    ),
    _rows as materialized (
      select * from ${rows} as _all left join _files using (_file_id) order by _name, _line limit ${raw(String(limit))}
    ),
    _texts as (select * from ${ident('ods', tableName)} semi join _rows using (_file_id, _line)),
    ${correctionsOf(tableName, layer)}
    select
      ${join([...own, ...text, ...fixed], ', ')},
      ${inQuarantine ? sql`_rows._reason` : sql`null`} as reason,
      ${layer === 'dw' && mayWait(table) ? sql`_rows._waited_since` : sql`null`} as waited_since,
      ${layer === 'ods' ? sql`_rows._loaded_by` : sql`_rows._run_id`} as run_id,
      _rows._name as name, _rows._line as line, _rows._dialect as dialect, _texts._extra as extra, _texts._raw as raw,
      _fixes._by as fix_run, _fixes._name as fix_name, _fixes._line as fix_line, _fixes._dialect as fix_dialect
    from _rows
    left join _texts using (_file_id, _line)
    left join _fixes on _fixes._corrects = _rows._file_id || ':' || _rows._line
    order by _rows._name, _rows._line`)
  return found.map((row) => {
    const cells = (relation: string) =>
      new Map(columns.map((name, index) => [name, textOf(row[`${relation}_${index}`])]))
    const correction = {
      runId: Number(row.fix_run),
      file: textOf(row.fix_name) ?? '',
      line: Number(row.fix_line),
      raw: rawRecord(withoutOurs(dialectOf(row.fix_dialect)), cells('_fixes'), null),
    }
    return {
      table: `${layer}.${tableName}`,
      row: Object.fromEntries(columns.map((name, index) => [name, row[`_rows_${index}`] ?? null])),
      runId: Number(row.run_id),
      file: textOf(row.name) ?? '',
      line: Number(row.line),
      raw: textOf(row.raw) ?? rawRecord(dialectOf(row.dialect), cells('_texts'), textOf(row.extra)),
      ...(inQuarantine ? { reason: textOf(row.reason) ?? '' } : {}),
      ...(row.fix_run == null ? {} : { correction }),
      ...(row.waited_since == null ? {} : { waitedSince: String(row.waited_since) }),
    }
  })
}

/** Of each row that came back from quarantine corrected: the newest correction of its record, up to the run that it is from; of several in one run the first, which was taken. */
function correctionsOf(tableName: string, layer: RowLayer): Sql {
  const isUntilRow = layer === 'ods' ? sql`false` : sql`_files._loaded_by <= _rows._run_id`
  return sql`
    _fixes as (
      select _fix.*, _files._name, _files._dialect, _files._loaded_by as _by
      from _rows
      join (select * from ${ident('ods', tableName)} where _corrects is not null) as _fix
        on _fix._corrects = _rows._file_id || ':' || _rows._line
      join _files on _files._file_id = _fix._file_id
      where ${isUntilRow}
      qualify row_number() over (partition by _fix._corrects order by _files._loaded_by desc, _files._name, _fix._line) = 1
    )`
}

function dialectOf(json: Json | undefined): RawDialect | null {
  return json == null ? null : (JSON.parse(String(json)) as RawDialect)
}

/** The columns of a CSV of the quarantine that are not droplake's own. */
function withoutOurs(dialect: RawDialect | null): RawDialect | null {
  return dialect && { ...dialect, columns: dialect.columns.filter((name) => !name.startsWith('_')) }
}

function textOf(value: Json | undefined): string | null {
  return value == null ? null : String(value)
}
