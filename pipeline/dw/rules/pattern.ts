import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, sql } from '../../../core/sql.ts'
import { columnRules, type Rule, shown, typedName } from './rule.ts'

/** The whole of a text that is there matches a regular expression (RE2: no look-around, no back references). */
export function patternRules(table: TableConfig): Rule[] {
  return columnRules(table, 'pattern', (name, pattern) => ({
    id: `pattern:${name}`,
    broken: sql`not coalesce(regexp_full_match(${typedName(name)}, ${literal(pattern)}), true)`,
    reason: sql`${literal(`${name} `)} || ${shown(name)} || ${literal(` does not match ${pattern}`)}`,
  }))
}
