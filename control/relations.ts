// What the tables of each layer look like, over any list of data files: the same text serves a run and the catalog's views.
import { sqlTypeOf } from '../core/config/column-types.ts'
import type { TableConfig } from '../core/config/schema.ts'
import { ident, join, raw, readParquet, type Sql, sql } from '../core/sql.ts'

interface Column {
  readonly name: string
  readonly type: string
}

const VARCHAR = 'varchar'

/**
 * Columns of ODS beside the table's own, which are text. `_extra` is JSON of what the table has no column for; `_malformed`
 * says why a record could not be split; `_raw` is its text then. `_corrects` is the entry of the quarantine that a record of
 * a CSV from there gives anew.
 */
const ODS_COLUMNS: readonly Column[] = [
  { name: '_extra', type: VARCHAR },
  { name: '_malformed', type: VARCHAR },
  { name: '_raw', type: VARCHAR },
  { name: '_file_id', type: VARCHAR },
  { name: '_line', type: 'bigint' },
  { name: '_corrects', type: VARCHAR },
]

const DW_COLUMNS: readonly Column[] = [
  { name: '_file_id', type: VARCHAR },
  { name: '_line', type: 'bigint' },
  { name: '_run_id', type: 'bigint' },
]

/** Rows of a table that has references which are waited for say since when they had waited; NULL for all others. */
const WAITED_COLUMN: Column = { name: '_waited_since', type: 'timestamp' }

/** Of a table that keeps the versions of its rows; `_valid_to` and `_current` are the view's (table-rows.ts). */
const HISTORY_COLUMNS: readonly Column[] = [{ name: '_valid_from', type: 'timestamp' }]

const REJECTS_COLUMNS: readonly Column[] = [
  { name: '_extra', type: VARCHAR },
  { name: '_raw', type: VARCHAR },
  { name: '_rules', type: 'varchar[]' },
  { name: '_reason', type: VARCHAR },
  { name: '_id', type: VARCHAR },
  { name: '_file', type: VARCHAR },
  { name: '_file_id', type: VARCHAR },
  { name: '_line', type: 'bigint' },
  { name: '_run_id', type: 'bigint' },
  { name: '_status', type: VARCHAR },
  { name: '_waiting_since', type: 'timestamp' },
]

/**
 * What became of an entry of the quarantine, which `_id` and `_run_id` name: `released`, `discarded`, or `superseded` by a newer
 * entry of the same record; in which run, when, by whom and why, and by which upload, where one did it.
 */
const OUTCOME_COLUMNS: readonly Column[] = [
  { name: '_id', type: VARCHAR },
  { name: '_run_id', type: 'bigint' },
  { name: '_status', type: VARCHAR },
  { name: '_by_run_id', type: 'bigint' },
  { name: '_at', type: 'timestamp' },
  { name: '_by', type: VARCHAR },
  { name: '_why', type: VARCHAR },
]

/** The columns of a table in a layer, in the order of its views. */
export function columnsOf(layer: 'ods' | 'dw' | 'rejects', table: TableConfig): readonly Column[] {
  const own = Object.entries(table.columns)
  const text = own.map(([name]) => ({ name, type: VARCHAR }))
  if (layer === 'ods') return [...text, ...ODS_COLUMNS]
  if (layer === 'rejects') return [...text, ...REJECTS_COLUMNS]
  return [
    ...own.map(([name, column]) => ({ name, type: sqlTypeOf(column) })),
    ...DW_COLUMNS,
    ...(mayWait(table) ? [WAITED_COLUMN] : []),
    ...(table.onConflict === 'history' ? HISTORY_COLUMNS : []),
  ]
}

/** Whether records of a table can be held until what they refer to is there. */
export function mayWait(table: TableConfig): boolean {
  return table.references.some((reference) => reference.onMissing === 'hold')
}

/** What `lineageColumns` has beside the columns of data files: until when a version of a row was current. */
const CLOSED_COLUMN: Column = { name: '_valid_to', type: 'timestamp' }

/** The columns that ride along with a table's own, and tell where a row comes from and when it counted. */
export function lineageColumns(table: TableConfig): readonly Column[] {
  const ours = columnsOf('dw', table).filter(({ name }) => name.startsWith('_'))
  return table.onConflict === 'history' ? [...ours, CLOSED_COLUMN] : ours
}

/**
 * A SELECT over data files with exactly these columns, in this order.
 * A file from before a column was added to the contract gives NULL there; no file at all gives an empty table.
 *
 * @param paths absolute
 */
export function selectFrom(columns: readonly Column[], paths: readonly string[]): Sql {
  const empty = emptyRow(columns)
  if (paths.length === 0) return sql`select ${empty} where false`
  const listed = join(
    columns.map(({ name, type }) => sql`${ident(name)}::${raw(type)} as ${ident(name)}`),
    ', ',
  )
  return sql`select ${listed} from (select ${empty} where false union all by name ${selectAll(paths)})`
}

/**
 * `selectFrom` for ODS. The rows of some files are the lines of an upload, from `_first_line` (1 where it is not there) on:
 * a row's number tells its line, and a line that holds no such record is a row without a value.
 */
export function selectRaw(table: TableConfig, paths: readonly string[]): Sql {
  const columns = columnsOf('ods', table)
  if (paths.length === 0) return selectFrom(columns, paths)
  const placed = [...columns, { name: '_first_line', type: 'bigint' }, { name: 'file_row_number', type: 'bigint' }]
  const listed = columns.map(({ name, type }) =>
    name === '_line'
      ? sql`coalesce(_line, coalesce(_first_line, 1) + file_row_number) as _line`
      : sql`${ident(name)}::${raw(type)} as ${ident(name)}`,
  )
  const values = join(
    Object.keys(table.columns).map((name) => ident(name)),
    ', ',
  )
  return sql`
    select ${join(listed, ', ')}
    from (select ${emptyRow(placed)} where false union all by name select * from ${readParquet(paths, 'file_row_number = true')})
    where _line is not null or coalesce(${values}, _extra) is not null`
}

/**
 * The quarantine of a table: one row per record that was refused, its newest entry, with what became of it as `_status`
 * (`open`, `waiting`, `released`, `discarded`).
 *
 * @param columns of the table
 * @param rejects absolute paths @param outcomes absolute paths
 */
export function selectQuarantine(
  columns: readonly string[],
  rejects: readonly string[],
  outcomes: readonly string[],
): Sql {
  const all = [...columns.map((name) => ({ name, type: VARCHAR })), ...REJECTS_COLUMNS]
  const entries = selectFrom(all, rejects)
  const named = all.filter(({ name }) => name !== '_status').map(({ name }) => sql`_entry.${ident(name)}`)
  if (outcomes.length === 0)
    return sql`
      select
        ${join(named, ', ')}, coalesce(_status, 'open') as _status,
        null::bigint as _status_run_id, null::timestamp as _status_at, null::varchar as _status_by, null::varchar as _status_why
      from (${entries}) as _entry`
  return sql`
    select
      ${join(named, ', ')}, coalesce(_outcome._status, _entry._status, 'open') as _status,
      _outcome._by_run_id as _status_run_id, _outcome._at as _status_at, _outcome._by as _status_by, _outcome._why as _status_why
    from (${entries}) as _entry
    left join (${selectFrom(OUTCOME_COLUMNS, outcomes)}) as _outcome on _entry._id = _outcome._id and _entry._run_id = _outcome._run_id
    where _outcome._status is distinct from 'superseded'`
}

function emptyRow(columns: readonly Column[]): Sql {
  return join(
    columns.map(({ name, type }) => sql`null::${raw(type)} as ${ident(name)}`),
    ', ',
  )
}

/** A SELECT of whatever columns the data files have, in the order of their rows. */
export function selectAll(paths: readonly string[]): Sql {
  return sql`select * from ${readParquet(paths)}`
}
