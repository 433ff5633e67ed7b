import { join } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import { stagingFolder } from '../../control/layout.ts'
import { removeRunFolder } from '../../control/run-folder.ts'
import { removePath } from '../../core/durable-files.ts'
import { messageOf } from '../../core/errors.ts'
import { moveUpload } from './move-upload.ts'
import { type DeliveryPlan, readPlan } from './plan.ts'
import { writeInboxCsv, writeReport } from './write-csv.ts'

export { type DeliveryPlan, writePlan } from './plan.ts'

/**
 * Finish a committed run: write the CSVs for people, then clear the drop folder, then forget the run's folder.
 * Safe to repeat: what a crash or an error leaves undone, the next run does from the same plan.
 *
 * @returns a sentence for each thing that could not be done; it holds up nothing else
 */
export async function deliver(lake: Lake, runId: number): Promise<string[]> {
  const plan = await readPlan(stagingFolder(lake.layout, runId))
  const problems: string[] = []
  for (const [what, task] of plan === undefined ? [] : tasksOf(lake, plan)) {
    try {
      await task()
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`)
      lake.log.warn({ runId, what, err: error }, 'delivery failed, the next run tries again')
    }
  }
  if (problems.length === 0) await removeRunFolder(lake.layout, runId)
  return problems
}

function tasksOf(lake: Lake, plan: DeliveryPlan): [what: string, task: () => Promise<unknown>][] {
  return [
    ...plan.inbox.map((entry) => [`quarantine CSV ${entry.csvName}`, () => writeInboxCsv(lake, entry)] as const),
    ...plan.reports.map((report) => [`report ${report.martName}`, () => writeReport(lake, report)] as const),
    ...plan.goneMarts.map(
      (mart) => [`report ${mart}`, () => removePath(join(lake.layout.reports, `${mart}.csv`))] as const,
    ),
    ...plan.moves.map((move) => [`upload ${move.name}`, () => moveUpload(lake.layout, move)] as const),
  ].map(([what, task]) => [what, task])
}

/** Take away the folders of runs that ended without a commit and are noted in the ledger by now. */
export async function forgetRuns(lake: Lake, runs: readonly { readonly runId: number }[]): Promise<void> {
  for (const run of runs) await removeRunFolder(lake.layout, run.runId)
}
