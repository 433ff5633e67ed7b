import { stageDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import { counted } from '../../control/verify/finding.ts'
import { syncFile } from '../../core/durable-files.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, literal, raw, sql } from '../../core/sql.ts'
import { type MartQuery, type MartTest, martInvalid, martPlace } from './mart-query.ts'
import { ROW_COUNT } from './mart-tests.ts'

/** Rows that a test found, as text by column; a missing value is null. */
export type RowText = Readonly<Record<string, string | null>>

/** What one test said of a new version of a mart. */
export interface TestResult {
  readonly test: string
  /** Rows that the test found; 0: it holds. */
  readonly failingRows: number
  /** `3 rows without "department"`; null when it holds. */
  readonly found: string | null
  /** The first few of them. */
  readonly sample: readonly RowText[]
  /** More of them as Parquet, in the run's folder: `_test`, and their columns as text; null when it holds. */
  readonly rowsPath: string | null
}

/** Rows of a failing test that the summary shows, and that the CSV for people holds. */
const SAMPLE_ROWS = 5
const KEPT_ROWS = 1000

const FAILING_ROWS = ident('temp', 'failing_rows')

/**
 * Hold a mart that nobody sees yet, in the view `app.<mart>`, against its tests: all of them, so that people learn everything
 * at once.
 *
 * @throws {DroplakeError} MART_INVALID when the SQL of a test fails
 */
export async function runTests(lake: Lake, run: Run, query: MartQuery): Promise<TestResult[]> {
  const results: TestResult[] = []
  for (const [index, test] of query.tests.entries()) {
    const rowsPath = lake.engine.paths.issue(run.folder, `failing-${query.martName}-${index + 1}`)
    results.push(await runTest(lake, query, test, rowsPath))
  }
  return results
}

async function runTest(lake: Lake, query: MartQuery, test: MartTest, rowsPath: string): Promise<TestResult> {
  const { engine } = lake
  try {
    await engine.runNamed(`create or replace temp table failing_rows as\n${test.text}`, test.parameters)
  } catch (cause) {
    if (cause instanceof DroplakeError && cause.code !== 'ENGINE_FAILED') throw cause
    throw martInvalid(`${martPlace(query.martName, query.path)}, test "${test.name}"`, messageOf(cause), cause)
  }
  const { failing } = await engine.row<{ failing: number }>(sql`select count(*) as failing from ${FAILING_ROWS}`)
  if (failing === 0) return { test: test.name, failingRows: 0, found: null, sample: [], rowsPath: null }
  const sample = await engine.rows<RowText>(
    sql`select columns(*)::varchar from ${FAILING_ROWS} limit ${raw(String(SAMPLE_ROWS))}`,
  )
  const kept = sql`
    select ${literal(test.name)} as _test, columns(*)::varchar from ${FAILING_ROWS} limit ${raw(String(KEPT_ROWS))}`
  await stageDataFile(lake, 'app', rowsPath, kept)
  // It becomes a CSV after the commit: a power cut between the two must not lose it.
  await syncFile(rowsPath)
  return { test: test.name, failingRows: failing, found: sentence(test, failing, sample), sample, rowsPath }
}

/** The one row of `row_count` tells how many rows the mart has; a row of any other test is wrong itself. */
function sentence(test: MartTest, failing: number, [first]: readonly RowText[]): string {
  const rows = test.name === ROW_COUNT ? Number(first?.row_count) : failing
  return `${counted(rows, 'row')} ${test.finding}`
}
