import type { Config, TableConfig } from '../../../core/config/schema.ts'
import { malformedRule } from './malformed.ts'
import { maxLengthRules } from './max-length.ts'
import { referenceRules } from './reference.ts'
import { requiredRules } from './required.ts'
import type { Rule } from './rule.ts'
import { typeRules } from './type.ts'

export { type Rule, typedName } from './rule.ts'
export { uniqueRule } from './unique.ts'

/** All rules of a table that a record can be judged by without the other records of its run; `unique` comes on top. */
export function recordRules(table: TableConfig, tables: Config['tables']): Rule[] {
  return [
    malformedRule,
    ...requiredRules(table),
    ...typeRules(table),
    ...maxLengthRules(table),
    ...referenceRules(table, tables),
  ]
}
