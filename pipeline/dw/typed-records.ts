import type { TableConfig } from '../../core/config/schema.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import { typedName } from './rules/index.ts'
import { hasOwnText, textName } from './text-value.ts'

/** A query of typed rows as rules see records: every column as text and as `_typed_<column>`. Their other columns stay. */
export function asRecords(table: TableConfig, rows: Sql): Sql {
  const columns = Object.keys(table.columns)
  const texts = Object.entries(table.columns).flatMap(([name, config]) => {
    const text = sql`${ident(name)}::varchar as ${ident(name)}`
    return hasOwnText(config) ? [text, sql`${ident(name)}::varchar as ${textName(name, config)}`] : [text]
  })
  const typed = columns.map((name) => sql`${ident(name)} as ${typedName(name)}`)
  const nothing = sql`null::varchar as _malformed, null::varchar as _raw, null::varchar as _extra`
  const rest = sql`* exclude (${join(
    columns.map((name) => ident(name)),
    ', ',
  )})`
  return sql`select ${join([...texts, ...typed, nothing, rest], ', ')} from (${rows})`
}
