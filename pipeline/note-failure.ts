import { newestCatalog } from '../control/catalog.ts'
import { commitCatalog, publishCatalog } from '../control/commit.ts'
import { removeDataFilesOf } from '../control/data-files.ts'
import type { Lake, Run } from '../control/lake.ts'
import type { Recovery } from '../control/recover.ts'
import { emptyRunFolder } from '../control/run-folder.ts'
import { toDroplakeError } from '../core/errors.ts'
import { isStopped } from '../core/stop.ts'
import { forgetRuns } from './deliver/index.ts'
import { failureEntries } from './ledger-entries.ts'
import { deliverReports } from './reports/index.ts'

/**
 * Do a run's work; when it fails, take away the files that it wrote and note it with its cause: as `interrupted` when
 * someone stopped it, else as `failed`.
 * When even that fails, the run's folder stays, and the next run notes this one as `interrupted`.
 *
 * @throws {DroplakeError} what `work` threw
 */
export async function noteFailure<Result>(
  lake: Lake,
  run: Run,
  leftover: Recovery,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    const error = toDroplakeError(thrown)
    if (isStopped(error)) lake.log.warn({ runId: run.runId, ...error.details }, 'run stopped')
    else lake.log.error({ runId: run.runId, code: error.code, err: error }, 'run failed')
    try {
      await undo(lake, run)
      const version = await commitCatalog(lake, failureEntries(lake, run, leftover, error))
      await publishCatalog(lake, version)
      await forgetRuns(lake, [...leftover.interrupted, ...leftover.ended, run])
      await deliverReports(lake)
    } catch (second) {
      lake.log.error({ runId: run.runId, err: second }, 'failed run could not be noted, the next run will')
    }
    throw error
  }
}

/** Give back the space first: on a full disk there is none to note the failure in. */
async function undo(lake: Lake, run: Run): Promise<void> {
  if ((await newestCatalog(lake.layout)) !== lake.state.catalogPath) {
    throw new Error('a newer catalog stands in the history: its files must stay')
  }
  await emptyRunFolder(run.folder)
  await removeDataFilesOf(lake.layout, run.runId)
}
