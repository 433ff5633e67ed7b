import type { Lake } from '../../control/lake.ts'
import { stagingFolder } from '../../control/layout.ts'
import { removeRunFolder } from '../../control/run-folder.ts'
import { moveUpload } from './move-upload.ts'
import { readPlan } from './plan.ts'
import { writeInboxCsv, writeReport } from './write-csv.ts'

export { type DeliveryPlan, writePlan } from './plan.ts'

/**
 * Finish a committed run: write the CSVs for people, then clear the drop folder, then forget the run's folder.
 * Safe to repeat: a run killed here is finished by the next one from the same plan.
 */
export async function deliver(lake: Lake, runId: number): Promise<void> {
  const plan = await readPlan(stagingFolder(lake.layout, runId))
  for (const entry of plan?.inbox ?? []) await writeInboxCsv(lake, entry)
  for (const report of plan?.reports ?? []) await writeReport(lake, report)
  for (const move of plan?.moves ?? []) {
    const to = await moveUpload(lake.layout, move)
    if (to === null) lake.log.warn({ runId, file: move.name }, 'upload had changed or gone, left as it is')
    else lake.log.debug({ runId, file: move.name, to }, 'upload moved')
  }
  await removeRunFolder(lake.layout, runId)
}

/** Take away the folders of runs that ended without a commit and are noted in the ledger by now. */
export async function forgetRuns(lake: Lake, runs: readonly { readonly runId: number }[]): Promise<void> {
  for (const run of runs) await removeRunFolder(lake.layout, run.runId)
}
