import { commitCatalog, publishCatalog } from '../control/commit.ts'
import type { Lake, Run } from '../control/lake.ts'
import { type OpenOptions, withLake } from '../control/open-lake.ts'
import { type Recovery, recover } from '../control/recover.ts'
import { startRun } from '../control/run-folder.ts'
import { tableFilesOf } from '../control/table-rows.ts'
import type { Project } from '../core/config/load-config.ts'
import { untilStopped } from '../core/stop.ts'
import { accountForFiles } from './account.ts'
import { buildMarts, type MartQuery, readMarts } from './app/index.ts'
import { deliver, deliverCommitted, forgetRuns, writePlan } from './deliver/index.ts'
import { checkContracts, checkRules, judgeFreshness, loadTables, showTables } from './dw/index.ts'
import { ledgerEntries } from './ledger-entries.ts'
import { noteFailure } from './note-failure.ts'
import { loadUploads } from './ods/index.ts'
import { planDelivery } from './plan-delivery.ts'
import { checkReports } from './reports/check-reports.ts'
import { deliverReports } from './reports/index.ts'
import { type RunRequest, TAKE_UPLOADS } from './run-request.ts'
import { type RunSummary, type RunWork, summarizeRun } from './summary.ts'
import { claimUploads } from './uploads/index.ts'

/**
 * One run: what lies in uploads goes through ODS, DW and APP and becomes visible all at once, or not at all.
 * A run killed anywhere can simply be run again.
 *
 * @throws {DroplakeError} LAKE_BUSY (another run is at work), RUN_STOPPED (`options.stop`), CONTRACT_CONFLICT,
 *   MART_INVALID and REPORT_INVALID (before any work), or whatever else went wrong; then nothing is committed and the run is noted as `failed`.
 *   Files that cannot be read stop nothing: they are in the summary, as `refused`
 */
export async function runPipeline(
  project: Project,
  options: OpenOptions,
  request: RunRequest = TAKE_UPLOADS,
): Promise<RunSummary> {
  return withLake(project, options, async (lake) => {
    // What runs that were killed have left: undone, or finished.
    const leftover = await recover(lake)
    const late: string[] = []
    for (const note of leftover.unfinished) late.push(...(await deliver(lake, note.runId)))

    // Whether this run can work at all.
    await checkContracts(lake)
    await checkRules(lake.engine, project)
    const queries = await readMarts(lake.engine, project)
    checkReports(project, queries)
    await showTables(lake.engine, project.config.tables, (table) =>
      tableFilesOf(lake.state.dataFiles, lake.layout, table),
    )

    // The work, up to the commit. When it fails, nothing of it is seen.
    const run = await startRun(lake, leftover.interrupted, request.command)
    const work = await noteFailure(lake, run, leftover, async () =>
      commit(lake, run, leftover, await doWork(lake, run, request, queries)),
    )

    // For people: the catalog they open, uploads moved, refused records and marts as CSV. A crash here is finished by the
    // next run.
    await publishCatalog(lake, work.version)
    const problems = [
      ...late,
      ...(await deliverCommitted(lake, run.runId, work.version)),
      ...(await deliverReports(lake)),
    ]
    await forgetRuns(lake, [...leftover.interrupted, ...leftover.ended])
    return summarizeRun(lake, run, work, leftover, problems)
  })
}

/** The data's way: uploads -> ODS -> DW and quarantine -> APP, in files that nobody sees before the commit. */
async function doWork(
  lake: Lake,
  run: Run,
  { takesUploads, retry }: RunRequest,
  queries: readonly MartQuery[],
): Promise<Omit<RunWork, 'version'>> {
  const { uploads, ods, tables, app, freshness } = await untilStopped(lake.stop, lake.engine, async () => {
    const uploads = takesUploads ? await claimUploads(lake, run) : []
    const raw = await loadUploads(lake, run, uploads)
    const { tables, ods } = await loadTables(lake, run, raw, retry)
    const app = await buildMarts(lake, run, queries, tables)
    return { uploads, ods, tables, app, freshness: await judgeFreshness(lake, run) }
  })

  // Every record accounted for, or nothing is committed.
  const files = accountForFiles(run, ods, tables)
  const plan = await planDelivery(lake, run, { files, ods, tables, app })
  return { uploads, ods, tables, app, freshness, files, plan }
}

async function commit(lake: Lake, run: Run, leftover: Recovery, work: Omit<RunWork, 'version'>): Promise<RunWork> {
  await writePlan(run.folder, work.plan)
  const version = await commitCatalog(lake, ledgerEntries(lake, run, leftover, work))
  return { ...work, version }
}
