import { join } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import { type Layout, stagingFolder } from '../../control/layout.ts'
import type { RuleResult } from '../../control/ledger.ts'
import type { OpenOptions } from '../../control/open-lake.ts'
import { withScratchLake } from '../../control/open-scratch.ts'
import { readRunNotes, startRun } from '../../control/run-folder.ts'
import { tableFilesOf } from '../../control/table-rows.ts'
import type { Project } from '../../core/config/load-config.ts'
import { literal, readParquet, sql } from '../../core/sql.ts'
import { untilStopped } from '../../core/stop.ts'
import { accountForFiles } from '../account.ts'
import { buildMarts, type HeldBack, type MartQuery, type MartResult, readMarts } from '../app/index.ts'
import { type DeliveryPlan, readPlan } from '../deliver/plan.ts'
import { checkContracts, checkRules, loadTables, showTables, type TableResult } from '../dw/index.ts'
import { type FileDialect, loadUploads, type OdsResult } from '../ods/index.ts'
import { checkReports } from '../reports/check-reports.ts'
import { type RunRequest, TAKE_UPLOADS } from '../run-request.ts'
import { findDrift, type SchemaDrift } from '../schema-drift.ts'
import {
  type FileSummary,
  type MartSummary,
  summarizeFile,
  summarizeMart,
  summarizeTable,
  type TableSummary,
} from '../summary.ts'
import { isSame } from '../uploads/copy-upload.ts'
import { type ClaimedUpload, claimUploads } from '../uploads/index.ts'

/** What a run would do with the uploads that are there now. The numbers are those that the run's own summary would have. */
export interface RunPlan {
  readonly runId: number
  readonly tables: readonly TableSummary[]
  readonly files: readonly PlannedFile[]
  readonly marts: readonly PlannedMart[]
  /** Uploads that are still being written. */
  readonly waiting: readonly string[]
  readonly rules: readonly RuleResult[]
}

/** What would become of a mart: `heldBack` says why its new version would not be published. */
export interface PlannedMart extends Pick<MartSummary, 'mart' | 'rows' | 'isNew' | 'failedTests'> {
  readonly heldBack: HeldBack | null
}

export interface PlannedFile extends FileSummary {
  /** How it would be read; null when it would not. */
  readonly dialect: FileDialect | null
  /** How its columns differ from its table's; null when they do not. */
  readonly drift: SchemaDrift | null
  /** Rules that hold back records of this file, the most frequent first. */
  readonly rules: readonly { readonly rule: string; readonly records: number }[]
  /** It is a CSV of the quarantine: its records correct those that are there. */
  readonly isCorrection: boolean
}

/**
 * What a run would do, by the code of a run over a scratch copy: nothing is written but in a temporary folder, which has room for
 * the uploads while it is at work.
 *
 * @throws {DroplakeError} what a run would throw before any work: CONTRACT_CONFLICT, CONFIG_INVALID, MART_INVALID, REPORT_INVALID
 */
export async function planRun(
  project: Project,
  options: Omit<OpenOptions, 'waitMs'>,
  request: RunRequest = TAKE_UPLOADS,
): Promise<RunPlan> {
  return withScratchLake(project, options, async (lake, real) => {
    await checkContracts(lake)
    await checkRules(lake.engine, project)
    await showTables(lake.engine, project.config.tables, (table) =>
      tableFilesOf(lake.state.dataFiles, lake.layout, table),
    )
    const queries = await readMarts(lake.engine, project)
    checkReports(project, queries)
    return untilStopped(lake.stop, lake.engine, () => planWork(lake, real, request, queries))
  })
}

async function planWork(
  lake: Lake,
  real: Layout,
  request: RunRequest,
  queries: readonly MartQuery[],
): Promise<RunPlan> {
  const run = await startRun(lake, await readRunNotes(real))
  const taken = await takenUploads(lake, real)
  const claimed = request.takesUploads ? await claimUploads(lake, run) : []
  const uploads = claimed.filter((upload) => !isTaken(upload, taken))
  const { tables, ods } = await loadTables(lake, run, await loadUploads(lake, run, uploads), request.retry)
  const files = accountForFiles(run, ods, tables)
  const originals = new Map(ods.duplicates.map(({ original }) => [original.fileId, original]))
  const hints = new Map(ods.refused.map(({ name, error }) => [name, error.hint]))
  const planned: PlannedFile[] = []
  for (const file of files) {
    const summary = summarizeFile(file, originals, hints.get(file.name) ?? null)
    planned.push({ ...summary, ...(await describeFile(lake, file.name, file.fileId, ods, tables)) })
  }
  const { marts } = await buildMarts(lake, run, queries, tables)
  return {
    runId: run.runId,
    marts: marts.map((mart) => planMart(lake, mart)),
    tables: Object.keys(lake.project.config.tables).map((table) => summarizeTable(lake, table, { tables, files })),
    files: planned,
    waiting: uploads.filter((upload) => upload.status === 'waiting').map((upload) => upload.name),
    rules: tables.flatMap((table) => table.ruleResults).sort((a, b) => b.records - a.records),
  }
}

function planMart(lake: Lake, result: MartResult): PlannedMart {
  const { mart, rows, isNew, failedTests } = summarizeMart(lake, result)
  return { mart, rows, isNew, failedTests, heldBack: result.heldBack }
}

type Move = DeliveryPlan['moves'][number]

/** Uploads that a run which was cut short after its commit has loaded: the next run moves them away before it looks. */
async function takenUploads(lake: Lake, real: Layout): Promise<Move[]> {
  const moves: Move[] = []
  for (const { runId } of await readRunNotes(real)) {
    const done = await lake.engine.rows(
      sql`select 1 from lake.control.runs where run_id = ${runId} and status in ('committed', 'rolled_back')`,
    )
    const plan = done.length === 0 ? undefined : await readPlan(stagingFolder(real, runId))
    moves.push(...(plan?.moves ?? []))
  }
  return moves
}

function isTaken(upload: ClaimedUpload, taken: readonly Move[]): boolean {
  return (
    upload.status !== 'waiting' &&
    taken.some(({ name, identity }) => name === upload.name && isSame(identity, upload.identity))
  )
}

async function describeFile(
  lake: Lake,
  name: string,
  fileId: string,
  ods: OdsResult,
  tables: readonly TableResult[],
): Promise<Pick<PlannedFile, 'dialect' | 'drift' | 'rules' | 'isCorrection'>> {
  const file = ods.rawFiles.find(({ upload }) => upload.name === name)
  if (file === undefined) return { dialect: null, drift: null, rules: [], isCorrection: false }
  const rejects = tables.find(({ tableName }) => tableName === file.upload.tableName)?.rejects ?? null
  return {
    dialect: file.dialect,
    drift: findDrift(file, lake.project.config.tables) ?? null,
    rules: rejects === null ? [] : await countRules(lake, join(lake.layout.lake, rejects.path), fileId),
    isCorrection: file.upload.isCorrection,
  }
}

async function countRules(lake: Lake, path: string, fileId: string): Promise<PlannedFile['rules']> {
  return lake.engine.rows<{ rule: string; records: number }>(sql`
    select rule, count(*) as records
    from (select unnest(_rules) as rule from ${readParquet([path])} where _file_id = ${literal(fileId)})
    group by rule
    order by records desc, rule`)
}
