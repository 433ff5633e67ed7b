import { createHash } from 'node:crypto'
import type { Lake, Run } from '../control/lake.ts'
import {
  type DataFile,
  type FileEntry,
  type Freshness,
  type LedgerEntries,
  NO_COUNTS,
  type RunEntry,
  sumCounts,
} from '../control/ledger.ts'
import type { Recovery } from '../control/recover.ts'
import type { RunNote } from '../control/run-folder.ts'
import type { Project } from '../core/config/load-config.ts'
import type { DroplakeError } from '../core/errors.ts'
import { droplakeVersion } from '../core/package-folder.ts'
import { isStopped } from '../core/stop.ts'
import type { AppResult } from './app/index.ts'
import { type TableResult, tableFilesAdded } from './dw/index.ts'
import { martEntries } from './mart-entries.ts'
import type { OdsResult } from './ods/index.ts'

export interface RunResults {
  readonly files: readonly FileEntry[]
  readonly ods: OdsResult
  readonly tables: readonly TableResult[]
  readonly app: AppResult
  readonly freshness: readonly Freshness[]
}

/** All that a run, and the interrupted ones before it, add to the control tables. */
export function ledgerEntries(
  lake: Lake,
  run: Run,
  leftover: Recovery,
  { files, ods, tables, app, freshness }: RunResults,
): LedgerEntries {
  const written: (DataFile | null)[] = [
    ...ods.rawFiles.map((file) => file.regular),
    ...ods.batches.values(),
    ...tables.flatMap((table) => [...tableFilesAdded(table), table.rejects, table.outcomes]),
    ...app.marts.map((mart) => (mart.isNew ? mart.dataFile : null)),
  ]
  return {
    runs: [...interruptedEntries(lake, leftover), committedEntry(lake, run, files)],
    files,
    steps: [
      ...ods.steps,
      ...tables.map((table) => table.step),
      ...app.marts.flatMap((mart) => (mart.isNew ? mart.step : [])),
    ],
    ruleResults: tables.flatMap((table) => table.ruleResults),
    returns: tables.flatMap((table) => table.returns),
    dataFiles: written.filter((file) => file !== null),
    removed: app.removed,
    freshness,
    replacedRows: tables.flatMap(({ tableName, replaced }) =>
      [...replaced].map(([fileId, rows]) => ({ runId: run.runId, tableName, fileId, rows })),
    ),
    ...martEntries(run, app),
  }
}

/** What a command that maintains the lake adds to the control tables: data files that come and go, and their accounts. */
export function maintenanceEntries(
  lake: Lake,
  run: Run,
  leftover: Recovery,
  change: Partial<Omit<LedgerEntries, 'runs'>>,
): LedgerEntries {
  const runs = [...interruptedEntries(lake, leftover), committedEntry(lake, run, change.files ?? [])]
  return { files: [], steps: [], ruleResults: [], dataFiles: [], removed: [], ...change, runs }
}

/** What a run that failed, or was stopped, adds to the control tables, beside the interrupted ones before it. */
export function failureEntries(lake: Lake, run: Run, leftover: Recovery, error: DroplakeError): LedgerEntries {
  const cause = `${error.code}: ${error.message.split('\n', 1)[0]}`
  const status = isStopped(error) ? 'interrupted' : 'failed'
  const entry: RunEntry = { ...committedEntry(lake, run, []), status, error: cause }
  const runs = [...interruptedEntries(lake, leftover), entry]
  return { runs, files: [], steps: [], ruleResults: [], dataFiles: [], removed: [] }
}

function committedEntry(lake: Lake, run: Run, files: readonly FileEntry[]): RunEntry {
  const outcomes = (outcome: FileEntry['outcome']) => files.filter((file) => file.outcome === outcome).length
  return {
    ...sumCounts(files),
    ...sharedEntry(lake),
    runId: run.runId,
    command: run.command,
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
    command: note.command ?? 'run',
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
  return { version: lake.state.version, droplakeVersion: droplakeVersion(), configHash: configHashOf(lake.project) }
}

/** Tells one config from another, in `control.runs`. */
export function configHashOf({ config }: Project): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex')
}
