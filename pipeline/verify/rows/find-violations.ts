import type { Engine } from '../../../core/engine.ts'
import { findBrokenRules } from './broken-rules.ts'
import type { LakeTable } from './lake-tables.ts'
import { findMissingReferences } from './missing-references.ts'
import { findRepeatedKeys } from './repeated-keys.ts'

/**
 * Add to `VIOLATIONS` the rows of a table that repeat a key, refer to nothing, or break a rule of the contract that they
 * were loaded under, from the data alone.
 *
 * @param tables all of the lake: references lead from one to the other
 */
export async function findViolations(engine: Engine, table: LakeTable, tables: readonly LakeTable[]): Promise<void> {
  await findRepeatedKeys(engine, table)
  await findBrokenRules(engine, table)
  await findMissingReferences(engine, table, tables)
}
