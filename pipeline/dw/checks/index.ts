import type { TableConfig } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { type CompiledCheck, compileCheck } from './compile-check.ts'

export { type CompiledCheck, compileCheck } from './compile-check.ts'

/** The checks of a table, ready to be used; that they can be, `findRuleFaults` has seen before the work. */
export async function compileChecks(engine: Engine, table: TableConfig, startedAt: Date): Promise<CompiledCheck[]> {
  const compiled: CompiledCheck[] = []
  for (const check of table.checks) {
    const result = await compileCheck(engine, table, check, startedAt)
    if ('fault' in result) throw new DroplakeError('INTERNAL', `check "${check.name}": ${result.fault}`)
    compiled.push(result)
  }
  return compiled
}
