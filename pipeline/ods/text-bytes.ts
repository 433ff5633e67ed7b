import { ident, join, type Sql, sql } from '../../core/sql.ts'

/**
 * An aggregate: the bytes of text in all these columns, and in the values of `_extra`. Held against the account of a file.
 */
export function textBytes(columns: readonly string[], hasExtra: boolean): Sql {
  const sums = columns.map((column) => sql`sum(strlen(${ident(column)}))`)
  // JSON: what the table has no column for.
  const extra = sql`sum(list_sum(list_transform(json_extract_string(_extra, '$.*'), lambda _value: strlen(_value))))`
  return sql`coalesce(list_sum([${join(hasExtra ? [...sums, extra] : sums, ', ')}]), 0)::bigint`
}
