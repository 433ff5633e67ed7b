import { removeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, StepEntry } from '../../control/ledger.ts'
import { isOfTable } from '../../control/table-rows.ts'
import { type TableResult, tableFilesAdded } from '../dw/index.ts'
import { buildMart } from './build-mart.ts'
import { fingerprintOf, inputFilesOf } from './fingerprint.ts'
import type { MartInputs, MartQuery } from './mart-query.ts'
import { runTests, type TestResult } from './run-tests.ts'
import { showMart, showMarts } from './show-marts.ts'

export { computeMart } from './build-mart.ts'
export { fingerprintOf, inputFilesOf } from './fingerprint.ts'
export type { MartInputs, MartQuery, SelectText } from './mart-query.ts'
export { checkTraces, readMarts, readTrace } from './read-marts.ts'
export type { RowText, TestResult } from './run-tests.ts'
export { showMarts } from './show-marts.ts'

/** Why a run did not publish a new version of a mart. */
export interface HeldBack {
  /** `MART_TEST_FAILED` and the tests that failed, or the mart that it reads and that was held back. */
  readonly reason: string
}

interface MartOutcome {
  readonly martName: string
  readonly inputs: MartInputs
  /** Every test that was made, in the order of the config. */
  readonly tests: readonly TestResult[]
}

/** A mart with a new version, which has passed its tests. */
export interface NewMart extends MartOutcome {
  readonly isNew: true
  readonly dataFile: DataFile
  readonly step: StepEntry
  readonly heldBack: null
}

/** A mart that stays as it was: nothing that it reads has changed, or its new version was held back. */
export interface KeptMart extends MartOutcome {
  readonly isNew: false
  /** Null when there is no version of it that could stay. */
  readonly dataFile: DataFile | null
  readonly heldBack: HeldBack | null
}

export type MartResult = NewMart | KeptMart

export interface AppResult {
  readonly marts: readonly MartResult[]
  /** Paths of mart files that are no longer live. */
  readonly removed: readonly string[]
  /** Names of marts that have left the config. */
  readonly goneMarts: readonly string[]
}

/**
 * APP: compute each mart whose SQL, tests, parameters or inputs have changed, after those that it reads. One whose tests fail
 * is held back: the version before stays live, and marts that read it stay as they are, too. Needs the views `dw.<table>` that
 * `loadTables` leaves.
 *
 * @param queries in the order of `readMarts`
 */
export async function buildMarts(
  lake: Lake,
  run: Run,
  queries: readonly MartQuery[],
  tables: readonly TableResult[],
): Promise<AppResult> {
  await showMarts(lake.engine, lake.layout, [])
  const present = lake.state.dataFiles.filter((file) => file.layer === 'app')
  const dataFiles = [...lake.state.dataFiles.filter(isOfTable), ...tables.flatMap(tableFilesAdded)]
  const marts: MartResult[] = []
  for (const query of queries) {
    const before = present.find((file) => file.tableName === query.martName) ?? null
    const mart = heldByInput(query, before, marts) ?? (await makeMart(lake, run, query, before, dataFiles))
    marts.push(mart)
    if (mart.dataFile === null || mart.heldBack !== null) continue
    await showMart(lake.engine, lake.layout, mart.dataFile)
    dataFiles.push(mart.dataFile)
  }
  const live = new Set(marts.map((mart) => mart.dataFile?.path))
  const removed = present.filter((file) => !live.has(file.path))
  const goneMarts = removed
    .map((file) => file.tableName)
    .filter((name) => !Object.hasOwn(lake.project.config.marts, name))
  return { marts, removed: removed.map((file) => file.path), goneMarts }
}

/** A mart that reads one which was held back would mix rows of two versions: it waits with it. */
function heldByInput(query: MartQuery, before: DataFile | null, marts: readonly MartResult[]): KeptMart | undefined {
  const { martName, inputs } = query
  const held = marts.find((mart) => mart.heldBack !== null && inputs.marts.includes(mart.martName))
  if (held === undefined) return undefined
  const heldBack = { reason: `it reads app.${held.martName}, which was held back` }
  return { martName, inputs, tests: [], isNew: false, dataFile: before, heldBack }
}

/**
 * Make a new version of a mart where anything has changed, and hold it against its tests.
 *
 * @param before its live data file
 * @param dataFiles all that marts can read in this run
 */
async function makeMart(
  lake: Lake,
  run: Run,
  query: MartQuery,
  before: DataFile | null,
  dataFiles: readonly DataFile[],
): Promise<MartResult> {
  const { martName, inputs } = query
  const fingerprint = fingerprintOf(query, lake.project.config.tables, dataFiles)
  if (before?.fingerprint === fingerprint)
    return { martName, inputs, tests: [], isNew: false, dataFile: before, heldBack: null }
  const started = performance.now()
  const dataFile = await buildMart(lake, run, query, fingerprint)
  await showMart(lake.engine, lake.layout, dataFile)
  const tests = await runTests(lake, run, query)
  const durationMs = Math.round(performance.now() - started)
  const failed = tests.filter((test) => test.found !== null)
  const logged = { runId: run.runId, mart: martName, rowCount: dataFile.rows, durationMs }
  if (failed.length > 0) {
    await removeDataFile(lake.layout, dataFile)
    lake.log.warn({ ...logged, code: 'MART_TEST_FAILED', tests: failed.map(({ test }) => test) }, 'mart held back')
    const reason = `MART_TEST_FAILED: ${failed.map(({ test, found }) => `${test}: ${found}`).join('; ')}`
    return { martName, inputs, tests, isNew: false, dataFile: before, heldBack: { reason } }
  }
  lake.log.info(logged, 'mart built')
  const rowsIn = inputFilesOf(query, dataFiles)
    .filter(({ layer }) => layer === 'dw' || layer === 'app')
    .reduce((sum, file) => sum + file.rows, 0)
  const { rows: rowsOut } = dataFile
  const step: StepEntry = { runId: run.runId, stage: 'app', target: martName, rowsIn, rowsOut, durationMs }
  return { martName, inputs, tests, isNew: true, dataFile, step, heldBack: null }
}
