import type { TableConfig } from '../../../core/config/schema.ts'
import { ident, join, raw, type Sql, sql } from '../../../core/sql.ts'

/** Every list of columns whose values no two rows of a table share; the primary key is the first. */
export function keysOf(table: TableConfig): readonly (readonly string[])[] {
  return [table.primaryKey, ...table.unique]
}

export function keyNames(key: readonly string[]): Sql {
  return join(
    key.map((column) => ident(column)),
    ', ',
  )
}

export function sameKey(left: string, right: string, key: readonly string[]): Sql {
  return join(
    key.map((column) => sql`${ident(left, column)} = ${ident(right, column)}`),
    ' and ',
  )
}

/** True where every column of a key has a value. */
export function allGiven(key: readonly string[]): Sql {
  return sql`(${join(
    key.map((column) => sql`${ident(column)} is not null`),
    ' and ',
  )})`
}

/** Values of columns as one, for comparing and counting: two of them are the same when each of their values is, NULLs too. */
export function together(columns: readonly string[]): Sql {
  const fields = columns.map((column, number) => sql`${raw(`c${number}`)} := ${ident(column)}`)
  return sql`struct_pack(${join(fields, ', ')})`
}

/** The column with who has the n-th key of a table, the primary one being number 0. */
export function holderName(number: number): Sql {
  return ident(`_holder_${number}`)
}

/** The table's rows that a key can be taken by. */
export function currentRows(tableName: string, table: TableConfig): Sql {
  const rows = ident('dw', tableName)
  return table.onConflict === 'history' ? sql`(select * from ${rows} where _current)` : rows
}

/** Bits of a position that are the line; the file's number stands above them. 2^40 lines are more than any file has. */
const LINE_BITS = 40

/** A record's place among all of a run: files in the order of their uploads, lines in the order of the file. */
export function position(): Sql {
  return sql`(_file_no << ${raw(String(LINE_BITS))}) | _line`
}
