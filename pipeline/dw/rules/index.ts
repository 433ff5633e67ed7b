import type { Config, TableConfig } from '../../../core/config/schema.ts'
import type { CompiledCheck } from '../checks/compile-check.ts'
import { maxRules, minRules } from './bounds.ts'
import { checkRules } from './check.ts'
import { malformedRule } from './malformed.ts'
import { maxLengthRules } from './max-length.ts'
import { minLengthRules } from './min-length.ts'
import { oneOfRules } from './one-of.ts'
import { patternRules } from './pattern.ts'
import { referenceRules } from './reference.ts'
import { requiredRules } from './required.ts'
import type { Rule } from './rule.ts'
import { typeRules } from './type.ts'

export { keyRules } from './keys.ts'
export { referenceRules } from './reference.ts'
export { holdsBack, type Rule, typedName } from './rule.ts'

/** The rules of a table that a record can be judged by alone, in the order in which reasons are told. */
export function recordRules(table: TableConfig, checks: readonly CompiledCheck[]): Rule[] {
  return [
    malformedRule(table),
    ...requiredRules(table),
    ...typeRules(table),
    ...minLengthRules(table),
    ...maxLengthRules(table),
    ...patternRules(table),
    ...minRules(table),
    ...maxRules(table),
    ...oneOfRules(table),
    ...checkRules(table, checks),
  ]
}

/**
 * All rules of a table but `unique`, which looks at the other records of the run.
 *
 * @param alone those of `recordRules`
 */
export function allRecordRules(alone: readonly Rule[], table: TableConfig, tables: Config['tables']): Rule[] {
  return [...alone, ...referenceRules(table, tables)]
}
