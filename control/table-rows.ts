// The rows of a table of DW: its data files, without the rows that later ones have replaced or closed (docs/adr/0004).
import { join } from 'node:path'
import type { TableConfig } from '../core/config/schema.ts'
import { readParquet, type Sql, sql } from '../core/sql.ts'
import type { Layout } from './layout.ts'
import type { DataFile } from './ledger.ts'
import { columnsOf, selectAll, selectFrom } from './relations.ts'

/** Data files of one table, by layer; absolute paths in the order they were added. */
export interface TableFiles {
  readonly rows: readonly string[]
  /** Addresses of rows that are no longer in the table: `_file_id`, `_line`. */
  readonly replaced: readonly string[]
  /** Addresses of rows that are no longer current, and `_valid_to`. */
  readonly closed: readonly string[]
}

export const NO_FILES: TableFiles = { rows: [], replaced: [], closed: [] }

/** Whether a data file is part of a table of DW: marts depend on all of these. */
export function isOfTable({ layer }: Pick<DataFile, 'layer'>): boolean {
  return layer === 'dw' || layer === 'replaced' || layer === 'closed'
}

export function tableFilesOf(dataFiles: readonly DataFile[], layout: Layout, tableName: string): TableFiles {
  const pathsOf = (layer: DataFile['layer']) =>
    dataFiles
      .filter((file) => file.layer === layer && file.tableName === tableName)
      .map((file) => join(layout.lake, file.path))
  return { rows: pathsOf('dw'), replaced: pathsOf('replaced'), closed: pathsOf('closed') }
}

/** How many rows the view of a table shows, as the ledger tells it. */
export function countTableRows(
  dataFiles: readonly Pick<DataFile, 'layer' | 'tableName' | 'rows'>[],
  tableName: string,
  table: TableConfig | undefined,
): number {
  const rowsIn = (layer: DataFile['layer']) =>
    dataFiles
      .filter((file) => file.layer === layer && file.tableName === tableName)
      .reduce((sum, file) => sum + file.rows, 0)
  const isCurrentOnly = table !== undefined && table.onConflict !== 'history'
  return rowsIn('dw') - rowsIn('replaced') - (isCurrentOnly ? rowsIn('closed') : 0)
}

/**
 * A SELECT of a table as its view shows it. Under `onConflict: history` these are all versions of its rows, with
 * `_valid_from`, `_valid_to` and `_current`; otherwise the current ones.
 */
export function selectTable(table: TableConfig, files: TableFiles): Sql {
  if (table.onConflict !== 'history') return selectCurrent(table, files)
  return withValidity(without(selectFrom(columnsOf('dw', table), files.rows), files.replaced), files.closed)
}

/** A SELECT of the current rows of a table, with the columns of its data files: at most one for each key. */
export function selectCurrent(table: TableConfig, files: TableFiles): Sql {
  return without(selectFrom(columnsOf('dw', table), files.rows), [...files.replaced, ...files.closed])
}

/** The same of a table that has left the config, with whatever columns its data files have. */
export function selectWithoutContract({ rows, replaced, closed }: TableFiles): Sql {
  const remaining = without(selectAll(rows), replaced)
  return closed.length === 0 ? remaining : withValidity(remaining, closed)
}

/** The rows of a query whose addresses are not in these files. */
export function without(rows: Sql, paths: readonly string[]): Sql {
  if (paths.length === 0) return rows
  return sql`
    select * from (${rows}) anti join (select _file_id, _line from ${readParquet(paths)}) using (_file_id, _line)`
}

function withValidity(rows: Sql, closed: readonly string[]): Sql {
  if (closed.length === 0) return sql`select *, null::timestamp as _valid_to, true as _current from (${rows})`
  return sql`
    select _rows.*, _closed._valid_to, _closed._valid_to is null as _current
    from (${rows}) as _rows
    left join (select _file_id, _line, _valid_to from ${readParquet(closed)}) as _closed using (_file_id, _line)`
}
