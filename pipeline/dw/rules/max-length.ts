import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, raw, sql } from '../../../core/sql.ts'
import { columnRules, hasCharacters, type Rule, shown, typedName } from './rule.ts'

/** A text has at most so many characters (Unicode code points, not bytes). */
export function maxLengthRules(table: TableConfig): Rule[] {
  return columnRules(table, 'maxLength', (name, maxLength) => {
    const [value, most] = [typedName(name), raw(String(maxLength))]
    return {
      id: `max_length:${name}`,
      // Bytes are known without a look at the text, and characters are no more than they.
      broken: sql`(coalesce(strlen(${value}), 0) > ${most} and length(${value}) > ${most})`,
      reason: sql`${literal(`${name} `)} || ${shown(name)} || ${hasCharacters(value)} || ${literal(`; at most ${maxLength} are allowed`)}`,
    }
  })
}
