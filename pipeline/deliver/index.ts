import { join } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import { stagingFolder } from '../../control/layout.ts'
import { removeRunFolder } from '../../control/run-folder.ts'
import { removePath } from '../../core/durable-files.ts'
import { messageOf, toDroplakeError } from '../../core/errors.ts'
import { isStopped, stoppedAfterCommit, untilStopped } from '../../core/stop.ts'
import { deliverAnomalies } from '../anomalies/index.ts'
import { deliverInboxCsv } from '../inbox/deliver-inbox.ts'
import { gatherInbox } from '../inbox/gather-inbox.ts'
import { failingRowsPath, sweepFailingRows, writeFailingRows } from './failing-marts.ts'
import { removeReport, writeReport } from './mart-report.ts'
import { moveUpload, syncMoves } from './move-upload.ts'
import { type DeliveryPlan, readPlan } from './plan.ts'

export { writeCsv } from './csv-file.ts'
export { failingRowsPath } from './failing-marts.ts'
export { forPeople } from './for-people.ts'
export { reportPath } from './mart-report.ts'
export { type DeliveryPlan, EMPTY_PLAN, writePlan } from './plan.ts'

/**
 * Finish a committed run: write the CSVs for people, then clear the drop folder, then forget the run's folder.
 * Safe to repeat: what a crash or an error leaves undone, the next run does from the same plan.
 *
 * @returns a sentence for each thing that could not be done; it holds up nothing else
 * @throws the reason of `lake.stop`; the rest is left to the next run
 */
export async function deliver(lake: Lake, runId: number): Promise<string[]> {
  const plan = await readPlan(stagingFolder(lake.layout, runId))
  const tasks = plan === undefined ? [] : await tasksOf(lake, withoutOutdated(lake, runId, plan))
  const problems: string[] = []
  for (const { what, perform } of tasks) {
    try {
      await untilStopped(lake.stop, lake.engine, perform)
    } catch (error) {
      if (isStopped(error)) throw error
      problems.push(`${what}: ${messageOf(error)}`)
      lake.log.warn({ runId, what, err: error }, 'delivery failed, the next run tries again')
    }
  }
  if (problems.length === 0) await removeRunFolder(lake.layout, runId)
  return problems
}

/**
 * Finish the run that has just committed.
 *
 * @returns as `deliver`
 * @throws {DroplakeError} RUN_STOPPED, which then says that the version stays
 */
export async function deliverCommitted(lake: Lake, runId: number, version: number): Promise<string[]> {
  try {
    return await deliver(lake, runId)
  } catch (error) {
    throw isStopped(error) ? stoppedAfterCommit(toDroplakeError(error), runId, version) : error
  }
}

/**
 * A report that an earlier run could not write is written late only while its mart's file is live: never over a newer one.
 * What tests found is told of the last run alone.
 */
function withoutOutdated(lake: Lake, runId: number, plan: DeliveryPlan): DeliveryPlan {
  if (runId > lake.state.lastRunId) return plan
  const live = lake.state.dataFiles.filter((file) => file.layer === 'app')
  const { failingMarts, ...rest } = plan
  return {
    ...rest,
    ...(failingMarts === undefined || runId < lake.state.lastRunId ? {} : { failingMarts }),
    reports: plan.reports.filter((report) => live.some((file) => file.path === report.martPath)),
    goneMarts: plan.goneMarts.filter((mart) => live.every((file) => file.tableName !== mart)),
  }
}

interface Task {
  /** For messages: `report hires_by_quarter`. */
  readonly what: string
  readonly perform: () => Promise<unknown>
}

async function tasksOf(lake: Lake, plan: DeliveryPlan): Promise<Task[]> {
  const { layout } = lake
  const gathered = await gather(lake, plan)
  return [
    ...plan.inbox.map((csv) => ({
      what: `quarantine CSV ${csv.csvName}`,
      perform: () => deliverInboxCsv(lake, csv, plan.corrections ?? [], gathered.get(csv)),
    })),
    ...plan.reports.map((report) => ({ what: `report ${report.martName}`, perform: () => writeReport(lake, report) })),
    ...plan.goneMarts.map((mart) => ({ what: `report ${mart}`, perform: () => removeReport(layout, mart) })),
    ...(plan.failingMarts ?? []).map((mart) => ({
      what: `rows that failed a test of ${mart.martName}`,
      perform: () => writeFailingRows(lake, mart),
    })),
    ...(plan.failingMarts === undefined ? [] : [sweepTask(lake, plan.failingMarts)]),
    ...(plan.anomalies === true || plan.inbox.length > 0
      ? [{ what: 'reports of anomalies', perform: () => deliverAnomalies(lake) }]
      : []),
    ...plan.moves.map((move) => ({ what: `upload ${move.name}`, perform: () => moveUpload(layout, move) })),
    ...(plan.moves.length > 0 ? [{ what: 'folders of uploads', perform: () => syncMoves(layout) }] : []),
    ...(plan.deletions ?? []).map((path) => ({ what: path, perform: () => removePath(join(layout.lake, path)) })),
  ]
}

/** A fault here is one of some CSV: that one meets it again, and the others are written. */
async function gather(lake: Lake, { inbox }: DeliveryPlan): Promise<Awaited<ReturnType<typeof gatherInbox>>> {
  try {
    return await untilStopped(lake.stop, lake.engine, () => gatherInbox(lake, inbox))
  } catch (error) {
    if (isStopped(error)) throw error
    return new Map()
  }
}

function sweepTask(lake: Lake, failing: NonNullable<DeliveryPlan['failingMarts']>): Task {
  const keep = failing.map((mart) => failingRowsPath(lake.layout, mart.martName))
  return { what: 'rows that failed a test before', perform: () => sweepFailingRows(lake.layout, keep) }
}

/** Take away the folders of runs that ended without a commit and are noted in the ledger by now. */
export async function forgetRuns(lake: Lake, runs: readonly { readonly runId: number }[]): Promise<void> {
  for (const run of runs) await removeRunFolder(lake.layout, run.runId)
}
