import { ident, join, raw, type Sql, sql } from '../../core/sql.ts'

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

/** Bits of a position that are the line; the file's number stands above them. 2^40 lines are more than any file has. */
const LINE_BITS = 40

/** A record's place among all of a run: files in the order of their uploads, lines in the order of the file. */
export function position(): Sql {
  return sql`(_file_no << ${raw(String(LINE_BITS))}) | _line`
}
