import type { Lake, Run } from '../../../control/lake.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { type OpenOptions, withLake } from '../../../control/open-lake.ts'
import { type RepairStep, repairCatalogs, type Unrepaired } from '../../../control/repair/repair-catalogs.ts'
import { isNeededSince, readStoredFiles, type StoredFile } from '../../../control/stored-files.ts'
import { isOfTable } from '../../../control/table-rows.ts'
import { type Finding, versionsText } from '../../../control/verify/index.ts'
import type { Project } from '../../../core/config/load-config.ts'
import { verify } from '../../verify/index.ts'
import { carryMarts } from '../carry-marts.ts'
import { type Change, maintain, settle, versionsOf } from '../maintain.ts'
import { readValidMarts } from '../read-valid-marts.ts'
import { type Healed, healRows } from './heal/index.ts'
import { type Outcome, repairDataFile } from './repair-data-file.ts'

/** What a repair did, or would do. */
export interface RepairReport {
  readonly dryRun: boolean
  readonly steps: readonly RepairStep[]
  readonly unrepaired: readonly Unrepaired[]
  /** The run that wrote data files again; null when no data file was concerned. */
  readonly runId: number | null
  readonly problems: readonly string[]
}

/**
 * What `repair` would do, without doing it. Whether a data file can be made again exactly shows only when it is tried.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND, LAKE_DAMAGED
 */
export async function planRepair(project: Project): Promise<RepairReport> {
  const catalogs = await repairCatalogs(project, true)
  const { findings } = await verify(project, { deep: true })
  const steps = damagedFiles(findings).map((finding) => ({
    file: finding.file,
    what: `it is made again, if that can be done exactly (${versionsText(finding.versions)})`,
  }))
  return {
    dryRun: true,
    steps: [...catalogs.steps.map(({ file, what }) => ({ file, what })), ...steps, ...plannedMoves(findings)],
    unrepaired: catalogs.unrepaired,
    runId: null,
    problems: [],
  }
}

/**
 * Make good what `verify --deep` finds, where that can be done exactly: catalogs from each other, tables from ODS, marts
 * from tables. Rows that break a promise of their table go to quarantine. A data file whose very bytes come out again is put back in its place; another with the same rows comes in a
 * new version. What cannot be made good is told, and stays as it is.
 *
 * @throws {DroplakeError} LAKE_BUSY, LAKE_NOT_FOUND; LAKE_DAMAGED when no ledger can be had
 */
export async function repair(project: Project, options: OpenOptions): Promise<RepairReport> {
  const catalogs = await repairCatalogs(project, false)
  const steps = catalogs.steps.map(({ file, what }) => ({ file, what }))
  if (catalogs.unrepaired.length > 0)
    return { dryRun: false, steps, unrepaired: catalogs.unrepaired, runId: null, problems: [] }
  const files = await repairFiles(project, options)
  const rows = await moveBrokenRows(project, options)
  return {
    dryRun: false,
    steps: [...steps, ...files.steps, ...rows.steps],
    unrepaired: [...files.unrepaired, ...rows.unrepaired],
    runId: rows.runId ?? files.runId,
    problems: [...files.problems, ...rows.problems],
  }
}

type Repaired = Omit<RepairReport, 'dryRun'>

const NOTHING_REPAIRED: Repaired = { steps: [], unrepaired: [], runId: null, problems: [] }

/** Make damaged data files again. */
async function repairFiles(project: Project, options: OpenOptions): Promise<Repaired> {
  return withLake(project, options, async (lake) => {
    const { findings } = await verify(project, { deep: true })
    const damaged = damagedFiles(findings)
    if (damaged.length === 0) return NOTHING_REPAIRED
    const stored = await neededFiles(lake)
    const leftover = await settle(lake)
    let outcomes: readonly Outcome[] = []
    const done = await maintain(lake, leftover, 'repair', async (run) => {
      outcomes = await repairAll(lake, run, stored, await inOrder(lake, damaged))
      return changeOf(lake, outcomes)
    })
    return {
      steps: outcomes.flatMap((outcome) =>
        outcome.what === null ? [] : [{ file: outcome.file.path, what: outcome.what }],
      ),
      unrepaired: outcomes.flatMap((outcome) =>
        outcome.why === null ? [] : [{ file: outcome.file.path, why: outcome.why }],
      ),
      runId: done.runId,
      problems: done.problems,
    }
  })
}

/** Move the rows that break a promise of their table to quarantine, where `verify` finds any. */
async function moveBrokenRows(project: Project, options: OpenOptions): Promise<Repaired> {
  return withLake(project, options, async (lake) => {
    const { findings } = await verify(project, { deep: true })
    if (!findings.some(isAboutRows)) return NOTHING_REPAIRED
    const leftover = await settle(lake)
    let healed: Healed | undefined
    const done = await maintain(lake, leftover, 'repair', async (run) => {
      healed = await healRows(lake, run)
      return healed.change ?? { entries: {} }
    })
    const { steps = [], unrepaired = [] } = healed ?? {}
    return { steps, unrepaired, runId: done.runId, problems: done.problems }
  })
}

function isAboutRows({ check, remedy }: Finding): boolean {
  return check === 'rules' && remedy === 'repair'
}

function plannedMoves(findings: readonly Finding[]): RepairStep[] {
  return findings.filter(isAboutRows).map(({ table, message }) => ({
    file: `dw.${table}`,
    what: `rows that break a rule are moved to quarantine (${message})`,
  }))
}

/** Findings about data files, each file once, those of the layers below first. */
function damagedFiles(findings: readonly Finding[]): (Finding & { readonly file: string })[] {
  const byFile = new Map<string, Finding & { file: string }>()
  for (const finding of findings) {
    const isDataFile = ['data files', 'checksums', 'marts'].includes(finding.check)
    if (isDataFile && finding.file !== null && !byFile.has(finding.file))
      byFile.set(finding.file, { ...finding, file: finding.file })
  }
  const order = ['ods', 'rejects', 'dw', 'replaced', 'closed', 'outcomes', 'app']
  const rank = (finding: { file: string }) => order.indexOf(finding.file.split('/')[0] ?? '')
  return [...byFile.values()].sort((a, b) => rank(a) - rank(b) || (a.file < b.file ? -1 : 1))
}

async function neededFiles(lake: Lake): Promise<StoredFile[]> {
  const { oldest } = await versionsOf(lake)
  return (await readStoredFiles(lake.engine, 'lake')).filter((file) => isNeededSince(file, oldest))
}

/** Marts after those that they are made of; while the SQL of one is wrong none of them can be made, in whatever order. */
async function inOrder<Damaged extends { readonly file: string }>(
  lake: Lake,
  damaged: readonly Damaged[],
): Promise<Damaged[]> {
  const queries = await readValidMarts(lake)
  const rank = ({ file }: Damaged) => {
    const [layer, martName] = file.split('/')
    return layer === 'app' ? queries.findIndex((query) => query.martName === martName) : -1
  }
  return [...damaged].sort((a, b) => rank(a) - rank(b))
}

async function repairAll(
  lake: Lake,
  run: Run,
  stored: readonly StoredFile[],
  damaged: readonly (Finding & { readonly file: string })[],
): Promise<Outcome[]> {
  const broken = new Set(damaged.map((finding) => finding.file))
  const outcomes: Outcome[] = []
  for (const finding of damaged) {
    const file = stored.find((candidate) => candidate.path === finding.file)
    if (file === undefined) continue
    const isWholeButWrong = finding.check === 'marts'
    const outcome = await repairDataFile(lake, run, { file, stored, broken, replaced: outcomes, isWholeButWrong })
    outcomes.push(outcome)
    if (outcome.why === null && outcome.replacement === null) broken.delete(file.path)
  }
  return outcomes
}

/** New files come in for damaged ones that are live; the marts go along with the tables. */
async function changeOf(lake: Lake, outcomes: readonly Outcome[]): Promise<Change> {
  const replaced = outcomes.filter((outcome) => outcome.replacement !== null)
  const gone = new Set(replaced.map((outcome) => outcome.file.path))
  const written = replaced.map((outcome) => outcome.replacement as DataFile)
  const isInputChanged = written.some((file) => isOfTable(file) || file.layer === 'app')
  const dataFiles = [...lake.state.dataFiles.filter((file) => !gone.has(file.path)), ...written]
  const carried = isInputChanged ? await carryMarts(lake, dataFiles) : []
  const marts = carried.filter((mart) => !gone.has(mart.path))
  return {
    entries: {
      dataFiles: [...written, ...marts],
      removed: [...gone, ...marts.map((mart) => mart.path)],
      martInputs: replaced.flatMap((outcome) => outcome.martInputs ?? []),
    },
    delivery: {
      reports: written
        .filter((file) => file.layer === 'app')
        .map((file) => ({ martName: file.tableName, martPath: file.path })),
    },
  }
}
