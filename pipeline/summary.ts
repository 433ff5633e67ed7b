import { join } from 'node:path'
import type { Lake, Run } from '../control/lake.ts'
import { type Counts, type FileEntry, type Freshness, type RuleResult, sumCounts } from '../control/ledger.ts'
import type { Recovery } from '../control/recover.ts'
import { countTableRows } from '../control/table-rows.ts'
import type { AppResult, HeldBack, MartResult, TestResult } from './app/index.ts'
import { type DeliveryPlan, failingRowsPath, reportPath } from './deliver/index.ts'
import { type TableResult, tableFilesAdded } from './dw/index.ts'
import type { OdsResult, Original } from './ods/index.ts'
import { findDrift, type SchemaDrift } from './schema-drift.ts'
import type { ClaimedUpload } from './uploads/index.ts'

/** What a run did, for people and programs. Paths are absolute. */
export interface RunSummary {
  readonly runId: number
  /** The lake's version after the run, and whether this run made it. */
  readonly version: number
  readonly isNewVersion: boolean
  readonly startedAt: string
  readonly durationMs: number
  readonly tables: readonly TableSummary[]
  readonly files: readonly FileSummary[]
  /** Uploads whose header, or keys, are not those of the contract. */
  readonly drift: readonly SchemaDrift[]
  /** Uploads that were still being written; they wait for the next run. */
  readonly waiting: readonly string[]
  /** Broken rules, most frequent first; of those that warn, the records are loaded. */
  readonly rules: readonly RuleResult[]
  /** Tables whose contract says how old their newest row may be. */
  readonly freshness: readonly Freshness[]
  /** Each after those that it reads. */
  readonly marts: readonly MartSummary[]
  /** Earlier runs that were cut short and are undone or finished now. */
  readonly recovered: { readonly interrupted: readonly number[]; readonly finished: readonly number[] }
  /** What could not be done after the commit, a sentence each; the next run tries again. */
  readonly problems: readonly string[]
  readonly catalog: string
  /** The folder of reports, and its index; null where runs write no pages. */
  readonly reports: string
  readonly index: string | null
  readonly quarantine: readonly string[]
}

export interface TableSummary extends Counts {
  readonly table: string
  /** Rows in the table after the run. */
  readonly rows: number
  /** Records out of quarantine that were judged again: those that are in the table now, and those that stay there. */
  readonly released: number
  readonly stillQuarantined: number
  /** Open records that a CSV of the inbox has come back without: `quarantine discard --left-out` gives them up. */
  readonly leftOut: number
  /** Those that stay as they were: same values, same reasons. The rules that they break are not counted again. */
  readonly sameAsBefore: number
}

export interface FileSummary extends Counts {
  readonly file: string
  readonly table: string | null
  readonly outcome: FileEntry['outcome']
  /** Duplicates: the name and run of the upload with the same content. */
  readonly duplicateOf: { readonly file: string; readonly runId: number } | null
  readonly reason: string | null
  /** Refused, or a duplicate that may not be meant as one: what to do next. */
  readonly hint: string | null
}

export interface MartSummary {
  readonly mart: string
  /** Rows of the version that people see; null when there is none. */
  readonly rows: number | null
  readonly isNew: boolean
  /** Null when there is no version that people see. */
  readonly report: string | null
  /** Why its new version was not published, and where more of the rows are that its tests found. */
  readonly heldBack: (HeldBack & { readonly failingRows: string | null }) | null
  /** The tests that failed, with the first few rows that they found. */
  readonly failedTests: readonly Pick<TestResult, 'test' | 'failingRows' | 'sample'>[]
}

/** What a run's stages left behind, for the summary. */
export interface RunWork {
  readonly uploads: readonly ClaimedUpload[]
  readonly ods: OdsResult
  readonly tables: readonly TableResult[]
  readonly app: AppResult
  readonly freshness: readonly Freshness[]
  readonly files: readonly FileEntry[]
  readonly plan: DeliveryPlan
  readonly version: number
}

export function summarizeRun(
  lake: Lake,
  run: Run,
  work: RunWork,
  leftover: Recovery,
  problems: readonly string[],
): RunSummary {
  const { layout, state } = lake
  const originals = new Map(work.ods.duplicates.map(({ original }) => [original.fileId, original]))
  const hints = new Map(work.ods.refused.map(({ name, error }) => [name, error.hint]))
  return {
    runId: run.runId,
    version: work.version,
    isNewVersion: work.version !== state.version,
    startedAt: run.startedAt.toISOString(),
    durationMs: lake.clock().getTime() - run.startedAt.getTime(),
    tables: Object.keys(lake.project.config.tables).map((table) => summarizeTable(lake, table, work)),
    files: work.files.map((file) => summarizeFile(file, originals, hints.get(file.name) ?? null)),
    drift: work.ods.rawFiles.flatMap((file) => findDrift(file, lake.project.config.tables) ?? []),
    waiting: work.uploads.filter((upload) => upload.status === 'waiting').map((upload) => upload.name),
    rules: work.tables.flatMap((table) => table.ruleResults).sort((a, b) => b.records - a.records),
    freshness: work.freshness,
    marts: work.app.marts.map((mart) => summarizeMart(lake, mart)),
    recovered: {
      interrupted: leftover.interrupted.map((note) => note.runId),
      finished: leftover.unfinished.map((note) => note.runId),
    },
    problems,
    catalog: layout.catalog,
    reports: layout.reports,
    index: lake.project.config.reports.pages ? join(layout.reports, 'index.html') : null,
    quarantine: [
      ...work.plan.inbox
        .filter((csv) => csv.open > 0)
        .map((entry) => join(layout.quarantine, entry.tableName, entry.csvName)),
      ...(work.ods.refused.length > 0 ? [layout.refusedFiles] : []),
    ],
  }
}

/** What a run does to a table. */
export function summarizeTable(lake: Lake, table: string, work: Pick<RunWork, 'tables' | 'files'>): TableSummary {
  const result = work.tables.find(({ tableName }) => tableName === table)
  const added = result === undefined ? [] : tableFilesAdded(result)
  const returns = result?.returns ?? []
  const returned = sumCounts(returns.map((entry) => ({ ...entry, records: 0 })))
  const newEntries = returns.reduce((sum, entry) => sum + entry.newEntries, 0)
  return {
    table,
    released: returned.loaded + returned.updated + returned.unchanged,
    stillQuarantined: returned.quarantined,
    leftOut: result?.leftOut ?? 0,
    sameAsBefore: returned.quarantined - newEntries,
    ...sumCounts(work.files.filter((file) => file.tableName === table)),
    rows: countTableRows([...lake.state.dataFiles, ...added], table, lake.project.config.tables[table]),
  }
}

/** What became of a mart. */
export function summarizeMart(
  { layout, project }: Lake,
  { martName, dataFile, isNew, heldBack, tests }: MartResult,
): MartSummary {
  const failedTests = tests
    .filter((test) => test.found !== null)
    .map(({ test, failingRows, sample }) => ({ test, failingRows, sample }))
  const failingRows = failedTests.length === 0 ? null : failingRowsPath(layout, martName)
  return {
    mart: martName,
    rows: dataFile?.rows ?? null,
    isNew,
    report: dataFile === null ? null : reportPath(layout, martName, project.config.reports.pages ? 'html' : 'csv'),
    heldBack: heldBack === null ? null : { ...heldBack, failingRows },
    failedTests,
  }
}

/** Content that was there before, and other content since: whoever sends it again may mean that it counts once more. */
const OVERTAKEN =
  'Add an empty line at its end and drop it again, if its records are to count once more: later files have come into its table since.'

/** What becomes of an upload. @param originals of duplicates, by file id */
export function summarizeFile(
  file: FileEntry,
  originals: ReadonlyMap<string, Original>,
  hint: string | null,
): FileSummary {
  const { records, loaded, updated, unchanged, quarantined, outcome, reason } = file
  const original = file.duplicateOf === null ? undefined : originals.get(file.duplicateOf)
  const duplicateOf = original === undefined ? null : { file: original.name, runId: original.runId }
  return {
    file: file.name,
    table: file.tableName,
    outcome,
    records,
    loaded,
    updated,
    unchanged,
    quarantined,
    duplicateOf,
    reason,
    hint: hint ?? (original?.isOvertaken ? OVERTAKEN : null),
  }
}
