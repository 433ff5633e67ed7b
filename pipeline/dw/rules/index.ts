import type { Config, TableConfig } from '../../../core/config/schema.ts'
import { malformedRule } from './malformed.ts'
import { maxLengthRules } from './max-length.ts'
import { referenceRules } from './reference.ts'
import { requiredRules } from './required.ts'
import type { Rule } from './rule.ts'
import { typeRules } from './type.ts'

export { referenceRules } from './reference.ts'
export { type Rule, typedName } from './rule.ts'
export { uniqueRules } from './unique.ts'

/** The rules of a table that a record can be judged by alone. */
export function recordRules(table: TableConfig): Rule[] {
  return [malformedRule, ...requiredRules(table), ...typeRules(table), ...maxLengthRules(table)]
}

/** All rules of a table but `unique`, which looks at the other records of the run. */
export function allRecordRules(table: TableConfig, tables: Config['tables']): Rule[] {
  return [...recordRules(table), ...referenceRules(table, tables)]
}
