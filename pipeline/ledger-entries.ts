import { createHash } from 'node:crypto'
import { commitCatalog, publishCatalog } from '../control/commit.ts'
import { removeDataFilesOf } from '../control/data-files.ts'
import type { Lake, Run } from '../control/lake.ts'
import {
  type DataFile,
  type FileEntry,
  type LedgerEntries,
  NO_COUNTS,
  type RunEntry,
  sumCounts,
} from '../control/ledger.ts'
import type { Recovery } from '../control/recover.ts'
import type { RunNote } from '../control/run-folder.ts'
import { toDroplakeError } from '../core/errors.ts'
import { droplakeVersion } from '../core/package-folder.ts'
import type { AppResult } from './app/index.ts'
import { forgetRuns } from './deliver/index.ts'
import type { TableResult } from './dw/index.ts'
import type { OdsResult } from './ods/index.ts'

export interface RunResults {
  readonly files: readonly FileEntry[]
  readonly ods: OdsResult
  readonly tables: readonly TableResult[]
  readonly app: AppResult
}

/** All that a run, and the interrupted ones before it, add to the control tables. */
export function ledgerEntries(
  lake: Lake,
  run: Run,
  leftover: Recovery,
  { files, ods, tables, app }: RunResults,
): LedgerEntries {
  const written: (DataFile | null)[] = [
    ...ods.rawFiles.map((file) => file.dataFile),
    ...tables.flatMap((table) => [table.rows, table.rejects]),
    ...app.marts.map((mart) => (mart.isNew ? mart.dataFile : null)),
  ]
  return {
    runs: [...interruptedEntries(lake, leftover), committedEntry(lake, run, files)],
    files,
    steps: [...ods.steps, ...tables.map((table) => table.step), ...app.marts.flatMap((mart) => mart.step ?? [])],
    ruleResults: tables.flatMap((table) => table.ruleResults),
    dataFiles: written.filter((file) => file !== null),
    removed: app.removed,
  }
}

/**
 * Do a run's work; when it fails, take away the files that it wrote and note it as `failed`, with its cause.
 * When even that fails (a full disk), the run's folder stays, and the next run notes this one as `interrupted`.
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
    lake.log.error({ runId: run.runId, code: error.code, err: error }, 'run failed, nothing was committed')
    try {
      await removeDataFilesOf(lake.layout, run.runId)
      const entry: RunEntry = {
        ...committedEntry(lake, run, []),
        status: 'failed',
        error: `${error.code}: ${error.message.split('\n', 1)[0]}`,
      }
      const nothing = { files: [], steps: [], ruleResults: [], dataFiles: [], removed: [] }
      await publishCatalog(
        lake,
        await commitCatalog(lake, { ...nothing, runs: [...interruptedEntries(lake, leftover), entry] }),
      )
      await forgetRuns(lake, [...leftover.interrupted, ...leftover.ended, run])
    } catch (second) {
      lake.log.error({ runId: run.runId, err: second }, 'failed run could not be noted, the next run will')
    }
    throw error
  }
}

function committedEntry(lake: Lake, run: Run, files: readonly FileEntry[]): RunEntry {
  const outcomes = (outcome: FileEntry['outcome']) => files.filter((file) => file.outcome === outcome).length
  return {
    ...sumCounts(files),
    ...sharedEntry(lake),
    runId: run.runId,
    status: 'committed',
    startedAt: run.startedAt,
    endedAt: lake.clock(),
    files: files.length,
    refused: outcomes('refused'),
    duplicates: outcomes('duplicate'),
    error: null,
  }
}

function interruptedEntries(lake: Lake, leftover: Recovery): RunEntry[] {
  return leftover.interrupted.map((note: RunNote) => ({
    ...NO_COUNTS,
    ...sharedEntry(lake),
    runId: note.runId,
    status: 'interrupted',
    startedAt: new Date(note.startedAt),
    endedAt: null,
    files: 0,
    refused: 0,
    duplicates: 0,
    error: 'the process ended before the commit; what it wrote was taken away',
  }))
}

function sharedEntry(lake: Lake): Pick<RunEntry, 'version' | 'droplakeVersion' | 'configHash'> {
  const configHash = createHash('sha256').update(JSON.stringify(lake.project.config)).digest('hex')
  return { version: lake.state.version, droplakeVersion: droplakeVersion(), configHash }
}
