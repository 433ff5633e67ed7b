import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, sql } from '../../../core/sql.ts'
import { describeType } from '../typed-value.ts'
import { isMissing, type Rule, shown, typedName } from './rule.ts'

/** A value that is there is written as its type is. */
export function typeRules(table: TableConfig): Rule[] {
  return Object.entries(table.columns)
    .filter(([, column]) => column.type !== 'string')
    .map(([name, column]) => ({
      id: `type:${name}`,
      broken: sql`(${typedName(name)} is null and not ${isMissing(name)})`,
      reason: sql`${literal(`${name} `)} || ${shown(name)} || ${literal(` is not ${describeType(column)}`)}`,
    }))
}
