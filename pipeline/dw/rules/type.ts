import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, sql } from '../../../core/sql.ts'
import { describeType } from '../typed-value.ts'
import { isMissing, type Rule, shown, typedName, withSeverity } from './rule.ts'

/** A value that is there is written as its type is. */
export function typeRules(table: TableConfig): Rule[] {
  const rules = Object.entries(table.columns)
    .filter(([, column]) => column.type !== 'string')
    .map(([name, column]) => ({
      id: `type:${name}`,
      broken: sql`(${typedName(name)} is null and not ${isMissing(name, column)})`,
      reason: sql`${literal(`${name} `)} || ${shown(name)} || ${literal(` is not ${describeType(column)}`)}`,
    }))
  return withSeverity(table, rules)
}
