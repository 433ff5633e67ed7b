import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, sql } from '../../../core/sql.ts'
import { constantValue } from '../typed-value.ts'
import { columnRules, type Rule, shown, typedName } from './rule.ts'

/** A value that is there is not below the least one. */
export function minRules(table: TableConfig): Rule[] {
  return columnRules(table, 'min', (name, min, column) => ({
    id: `min:${name}`,
    broken: sql`coalesce(${typedName(name)} < ${constantValue(min, column)}, false)`,
    reason: sql`${literal(`${name} `)} || ${shown(name)} || ${literal(` is below the least value, ${min}`)}`,
  }))
}

/** A value that is there is not above the greatest one. */
export function maxRules(table: TableConfig): Rule[] {
  return columnRules(table, 'max', (name, max, column) => ({
    id: `max:${name}`,
    broken: sql`coalesce(${typedName(name)} > ${constantValue(max, column)}, false)`,
    reason: sql`${literal(`${name} `)} || ${shown(name)} || ${literal(` is above the greatest value, ${max}`)}`,
  }))
}
