import type { TableConfig } from '../../../core/config/schema.ts'
import { ident, literal, raw, sql } from '../../../core/sql.ts'
import { type Rule, shown } from './rule.ts'

/** A text has at most so many characters (Unicode code points, not bytes). */
export function maxLengthRules(table: TableConfig): Rule[] {
  return Object.entries(table.columns).flatMap(([name, { maxLength }]) => {
    if (maxLength === undefined) return []
    const length = sql`length(coalesce(${ident(name)}, ''))`
    return [
      {
        id: `max_length:${name}`,
        // Bytes are known without a look at the text, and characters are no more than they.
        broken: sql`(strlen(${ident(name)}) > ${raw(String(maxLength))} and ${length} > ${raw(String(maxLength))})`,
        reason: sql`${literal(`${name} `)} || ${shown(name)} || ' has ' || ${length} || ${literal(` characters; at most ${maxLength} are allowed`)}`,
      },
    ]
  })
}
