import type { OpenOptions } from '../../control/open-lake.ts'
import { withScratchLake } from '../../control/open-scratch.ts'
import type { Project } from '../../core/config/load-config.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import { untilStopped } from '../../core/stop.ts'
import { checkContracts, checkRules } from '../dw/index.ts'
import { findReleased } from './find-released.ts'
import { judgeRows } from './judge-rows.ts'
import type { TrialChange } from './trial-change.ts'

/** What a changed contract would make of all that the lake has. */
export interface RulesTrial {
  readonly tables: readonly TableTrial[]
}

export interface TableTrial {
  readonly table: string
  /** Rows of the table now. */
  readonly rows: number
  /** Records that are rows now, and would go to quarantine if they were loaded under the changed contract; by the rules it has. */
  readonly quarantined: TrialChange
  /** Records in quarantine that `quarantine retry` would load under the changed contract; by the rules they broke. */
  readonly released: TrialChange
}

/**
 * Hold a changed contract against all records of the lake, nothing written. The records that are rows now are judged as if all of
 * them were loaded anew, parents before the tables that refer to them; those in quarantine by the code of `quarantine retry`, over
 * a scratch copy of the lake.
 *
 * @param changed the project with the tables of the other config
 * @param tableName null for all
 * @throws {DroplakeError} what a run under that config would throw before any work: CONTRACT_CONFLICT, CONFIG_INVALID
 */
export async function tryRules(
  changed: Project,
  options: Omit<OpenOptions, 'waitMs'>,
  tableName: string | null,
): Promise<RulesTrial> {
  const wanted = (orderTables(changed.config.tables) ?? []).filter((name) => (tableName ?? name) === name)
  const released = await withScratchLake(changed, options, async (lake, real) => {
    await checkContracts(lake)
    await checkRules(lake.engine, changed)
    return untilStopped(lake.stop, lake.engine, () => findReleased(lake, real, tableName))
  })
  const judged = await withScratchLake(changed, options, (lake, real) =>
    untilStopped(lake.stop, lake.engine, () => judgeRows(lake, real)),
  )
  const tables = wanted.flatMap((table) => {
    const found = judged.get(table)
    const change = released.get(table)
    return found === undefined || change === undefined ? [] : [{ table, ...found, released: change }]
  })
  return { tables }
}
