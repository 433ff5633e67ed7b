import { defused } from '../../core/defuse.ts'
import { raw, type Sql, sql } from '../../core/sql.ts'

/**
 * Rows as a spreadsheet may see them, in their order: texts come from uploads, and one that says `=HYPERLINK(…)` must not run.
 * Numbers and moments are as CSV writes them.
 *
 * @param rows a SELECT of columns of any types
 */
export function forPeople(rows: Sql): Sql {
  const cell = raw('columns(*)')
  const text = defused(sql`${cell}::varchar`)
  return sql`select case when typeof(${cell}) = 'VARCHAR' then ${text} else ${cell}::varchar end from (${rows})`
}
