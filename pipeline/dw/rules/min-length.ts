import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, raw, sql } from '../../../core/sql.ts'
import { columnRules, hasCharacters, type Rule, shown, typedName } from './rule.ts'

/** Bytes of the longest character of UTF-8. */
const MOST_BYTES = 4

/** A text that is there has at least so many characters (Unicode code points, not bytes). */
export function minLengthRules(table: TableConfig): Rule[] {
  return columnRules(table, 'minLength', (name, minLength) => {
    const [value, least] = [typedName(name), raw(String(minLength))]
    return {
      id: `min_length:${name}`,
      broken: sql`(coalesce(strlen(${value}) < ${raw(String(minLength * MOST_BYTES))}, false) and length(${value}) < ${least})`,
      reason: sql`${literal(`${name} `)} || ${shown(name)} || ${hasCharacters(value)} || ${literal(`; at least ${minLength} are needed`)}`,
    }
  })
}
