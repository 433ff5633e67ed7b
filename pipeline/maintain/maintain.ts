import { lakeNotFound } from '../../control/catalog.ts'
import { commitCatalog, publishCatalog } from '../../control/commit.ts'
import type { Lake, Run } from '../../control/lake.ts'
import { layoutOf } from '../../control/layout.ts'
import type { LedgerEntries } from '../../control/ledger.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { recover } from '../../control/recover.ts'
import { readRunNotes, startRun } from '../../control/run-folder.ts'
import { readOldestVersion } from '../../control/stored-files.ts'
import type { Versions } from '../../control/versions/open-versions.ts'
import type { Project } from '../../core/config/load-config.ts'
import { DroplakeError } from '../../core/errors.ts'
import { untilStopped } from '../../core/stop.ts'
import { type DeliveryPlan, deliver, deliverCommitted, EMPTY_PLAN, forgetRuns, writePlan } from '../deliver/index.ts'
import { maintenanceEntries } from '../ledger-entries.ts'
import { noteFailure } from '../note-failure.ts'
import { deliverReports } from '../reports/index.ts'

/** What a command changes: in the ledger with the commit, on disk after it. */
export interface Change {
  readonly entries: Partial<Omit<LedgerEntries, 'runs' | 'vacuums'>>
  /** A vacuum's entry, without the run's number. */
  readonly vacuum?: { readonly oldestVersion: number; readonly files: number; readonly bytes: number }
  readonly delivery?: Partial<DeliveryPlan>
}

/** What a command did. */
export interface Maintained {
  readonly runId: number
  /** The lake's version after it. */
  readonly version: number
  /** What could not be done after the commit; the next run tries again. */
  readonly problems: readonly string[]
}

/**
 * Change a lake by the same steps as a run: data files first, then one commit, then what follows it, from a plan that was
 * written down before. Killed anywhere, the next run or command undoes or finishes it. The lake must be `settled`.
 *
 * @param command for the ledger: `rollback 41`
 * @throws {DroplakeError} whatever `work` throws; nothing is committed then, and the run is noted as `failed`
 */
export async function maintain(
  lake: Lake,
  leftover: Leftover,
  command: string,
  work: (run: Run) => Promise<Change>,
): Promise<Maintained> {
  const run = await startRun(lake, leftover.interrupted, command)
  const version = await noteFailure(lake, run, leftover, async () => {
    const { entries, vacuum, delivery } = await untilStopped(lake.stop, lake.engine, () => work(run))
    await writePlan(run.folder, { ...EMPTY_PLAN, ...delivery })
    const vacuums = vacuum === undefined ? [] : [{ ...vacuum, runId: run.runId }]
    return commitCatalog(lake, maintenanceEntries(lake, run, leftover, { ...entries, vacuums }))
  })
  await publishCatalog(lake, version)
  const problems = [...(await deliverCommitted(lake, run.runId, version)), ...(await deliverReports(lake))]
  await forgetRuns(lake, [...leftover.interrupted, ...leftover.ended])
  lake.log.info({ runId: run.runId, command, version }, 'lake maintained')
  return { runId: run.runId, version, problems }
}

export type Leftover = Awaited<ReturnType<typeof recover>>

/**
 * Finish or undo what runs before have left, as a run does first.
 *
 * @throws {DroplakeError} STORAGE_FAILED when a committed run cannot be finished: its files may be needed for that
 */
export async function settle(lake: Lake): Promise<Leftover> {
  const leftover = await recover(lake)
  for (const note of leftover.unfinished) {
    const [problem] = await deliver(lake, note.runId)
    if (problem === undefined) continue
    throw new DroplakeError('STORAGE_FAILED', `run ${note.runId} is committed, but cannot be finished: ${problem}`, {
      hint: 'Correct that, droplake run, then try again; nothing was changed.',
    })
  }
  return leftover
}

/**
 * Finish what a command that was killed after its commit has left; for a command that has nothing else to do.
 *
 * @throws {DroplakeError} LAKE_BUSY, LAKE_DAMAGED, STORAGE_FAILED
 */
export async function finishLeftover(project: Project, options: OpenOptions): Promise<void> {
  if ((await readRunNotes(layoutOf(project))).length > 0) await withLake(project, options, settle)
}

/** The versions of a lake that is open for writing. */
export async function versionsOf(lake: Lake): Promise<Versions> {
  const { project, layout, engine, state } = lake
  if (state.catalogPath === null) throw lakeNotFound(layout)
  return { project, layout, engine, newest: state.version, oldest: await readOldestVersion(engine, 'lake') }
}
