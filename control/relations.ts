// What the tables of each layer look like, over any list of data files: the same text serves a run and the catalog's views.
import { sqlTypeOf } from '../core/config/column-types.ts'
import type { TableConfig } from '../core/config/schema.ts'
import { ident, join, raw, readParquet, type Sql, sql } from '../core/sql.ts'
import type { Layer } from './layout.ts'

interface Column {
  readonly name: string
  readonly type: string
}

const VARCHAR = 'varchar'

/**
 * Columns of ODS beside the table's own, which are text. `_extra` is JSON of what the table has no column for; `_malformed`
 * says why a record could not be split; `_raw` is its text then.
 */
const ODS_COLUMNS: readonly Column[] = [
  { name: '_extra', type: VARCHAR },
  { name: '_malformed', type: VARCHAR },
  { name: '_raw', type: VARCHAR },
  { name: '_file_id', type: VARCHAR },
  { name: '_line', type: 'bigint' },
]

const DW_COLUMNS: readonly Column[] = [
  { name: '_file_id', type: VARCHAR },
  { name: '_line', type: 'bigint' },
  { name: '_run_id', type: 'bigint' },
]

const QUARANTINE_COLUMNS: readonly Column[] = [
  { name: '_extra', type: VARCHAR },
  { name: '_raw', type: VARCHAR },
  { name: '_rules', type: 'varchar[]' },
  { name: '_reason', type: VARCHAR },
  { name: '_id', type: VARCHAR },
  { name: '_file', type: VARCHAR },
  { name: '_file_id', type: VARCHAR },
  { name: '_line', type: 'bigint' },
  { name: '_run_id', type: 'bigint' },
]

/** The columns of a table in a layer, in the order of its views. */
export function columnsOf(layer: Exclude<Layer, 'app'>, table: TableConfig): readonly Column[] {
  const own = Object.entries(table.columns)
  const text = own.map(([name]) => ({ name, type: VARCHAR }))
  if (layer === 'ods') return [...text, ...ODS_COLUMNS]
  if (layer === 'rejects') return [...text, ...QUARANTINE_COLUMNS]
  return [...own.map(([name, column]) => ({ name, type: sqlTypeOf(column) })), ...DW_COLUMNS]
}

/** The columns of DW that ride along with a table's own and tell where a row comes from. */
export function lineageColumns(table: TableConfig): readonly Column[] {
  return columnsOf('dw', table).filter(({ name }) => name.startsWith('_'))
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
