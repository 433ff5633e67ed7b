import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, sql } from '../../../core/sql.ts'
import { isMissing, type Rule } from './rule.ts'

/** A value is there in every column that must have one. */
export function requiredRules(table: TableConfig): Rule[] {
  return Object.entries(table.columns)
    .filter(([, column]) => column.required)
    .map(([name]) => ({
      id: `required:${name}`,
      broken: sql`(_malformed is null and ${isMissing(name)})`,
      reason: literal(`${name} is missing`),
    }))
}
