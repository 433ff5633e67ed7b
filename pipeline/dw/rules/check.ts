import type { TableConfig } from '../../../core/config/schema.ts'
import { literal, sql } from '../../../core/sql.ts'
import type { CompiledCheck } from '../checks/compile-check.ts'
import { type Rule, withSeverity } from './rule.ts'

/**
 * A condition over the typed values of a record is not FALSE; as with CHECK in SQL, NULL breaks nothing. A condition that
 * fails for a record (a cast, a number too large) is broken by it.
 */
export function checkRules(table: TableConfig, checks: readonly CompiledCheck[]): Rule[] {
  const rules = checks.map(({ name, broken, message }) => ({
    id: `check:${name}`,
    broken: sql`(_malformed is null and ${broken})`,
    reason: literal(message),
  }))
  return withSeverity(table, rules)
}
