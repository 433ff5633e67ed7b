import type { TableConfig } from '../../../core/config/schema.ts'
import { ident, literal, sql } from '../../../core/sql.ts'
import { hasOwnText } from '../text-value.ts'
import { isMissing, type Rule, shown, withSeverity } from './rule.ts'

/** A value is there in every column that must have one. */
export function requiredRules(table: TableConfig): Rule[] {
  const rules = Object.entries(table.columns)
    .filter(([, column]) => column.required)
    .map(([name, column]) => ({
      id: `required:${name}`,
      broken: sql`(_malformed is null and ${isMissing(name, column)})`,
      reason: hasOwnText(column)
        ? sql`case when coalesce(${ident(name)}, '') = '' then ${literal(`${name} is missing`)} else ${literal(`${name} `)} || ${shown(name)} || ' counts as missing' end`
        : literal(`${name} is missing`),
    }))
  return withSeverity(table, rules)
}
