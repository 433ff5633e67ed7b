import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import type { Project } from '../../core/config/load-config.ts'
import { checkContracts } from '../dw/index.ts'
import { type Maintained, maintain, settle } from '../maintain/maintain.ts'
import { refuseMisfit } from './refuse.ts'
import type { RestoreRequest } from './request.ts'
import { type RestoredRows, restoreRows } from './restore-rows.ts'
import { makeTarget, otherFiles, tableNames, targetTable } from './target.ts'

export type { Orphans } from './check-table.ts'
export { planRestore, type RestorePlan } from './plan-restore.ts'
export type { Rehearsal } from './rehearse.ts'
export type { RestoreRequest } from './request.ts'

export type Restored = RestoredRows & Maintained

/**
 * Give a table exactly the rows of a backup, as a new version. Rows keep the file, line and run that they came from, where the
 * backup knows them; marts are computed anew. All or nothing.
 *
 * @throws {DroplakeError} BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_DOES_NOT_FIT, RESTORE_REFUSED (rows break the contract, or
 *   would refer to nothing), CONTRACT_CONFLICT, MART_INVALID, LAKE_BUSY, LAKE_DAMAGED; the lake is as it was then
 */
export async function restore(project: Project, request: RestoreRequest, options: OpenOptions): Promise<Restored> {
  return withLake(project, options, async (lake) => {
    const { name, table } = targetTable(project, request.table, request.as, tableNames(lake.state.dataFiles))
    const leftover = await settle(lake)
    await checkContracts({ ...lake, state: { ...lake.state, dataFiles: otherFiles(lake.state.dataFiles, name) } })
    const source = await request.openSource(table)
    try {
      refuseMisfit(name, table, source)
      let done: RestoredRows | undefined
      const maintained = await maintain(lake, leftover, `restore ${name}`, async (run) => {
        const target = await makeTarget(lake.engine, name, table, source, { ...run, keepsRecords: request.quarantine })
        const { change, ...rest } = await restoreRows(lake, run, target, source, request)
        done = rest
        return change
      })
      return { ...(done as RestoredRows), ...maintained }
    } finally {
      await source.close()
    }
  })
}
