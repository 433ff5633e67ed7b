import { join as joinPath } from 'node:path'
import { livePaths } from '../../control/catalog.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, ReturnEntry, RuleResult, StepEntry } from '../../control/ledger.ts'
import { columnsOf, selectFrom } from '../../control/relations.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { type Accepted, acceptRecords } from './accept-records.ts'
import { countByFile, type TableCounts } from './count-by-file.ts'
import { findKeyConflicts } from './find-key-conflicts.ts'
import { findRefused } from './find-refused.ts'
import { quarantineRows } from './quarantine-rows.ts'
import { countReturned, NO_RETURNED, type RetryRequest, withReturned, writeOutcomes } from './returned/index.ts'
import { readRuleResults } from './rule-results.ts'
import { createRunFiles, inputOf, type TableInput } from './table-input.ts'
import { writeRows } from './write-rows.ts'

export { checkContracts } from './check-contracts.ts'
export { checkRules } from './check-rules.ts'
export { judgeFreshness } from './judge-freshness.ts'
export { withTypedValues } from './read-records.ts'
export type { RetryRequest } from './returned/index.ts'
export { typedName } from './rules/index.ts'

/** What a run adds to one table. */
export interface TableResult {
  readonly tableName: string
  /** None when no record was good. */
  readonly rows: readonly DataFile[]
  /** Null when none was refused. */
  readonly rejects: DataFile | null
  /** What became of entries whose records were judged again; null when nothing did. */
  readonly outcomes: DataFile | null
  /** By file id; a file without any is not there. */
  readonly counts: ReadonlyMap<string, TableCounts>
  readonly returns: readonly ReturnEntry[]
  readonly ruleResults: readonly RuleResult[]
  readonly step: StepEntry
}

/** Views `dw.<table>` in the engine, over the data files that `pathsOf` names: what rules and marts read. */
export async function showTables(
  engine: Engine,
  tables: Config['tables'],
  pathsOf: (tableName: string) => readonly string[],
): Promise<void> {
  await engine.run(sql`create schema dw`)
  for (const [tableName, table] of Object.entries(tables)) await showTable(engine, tableName, table, pathsOf(tableName))
}

/**
 * DW: judge the records of each table, parents before the tables that refer to them; good ones become typed rows, the
 * others go to quarantine. The views of `showTables` then show each table as it will be after the run.
 *
 * @param retry open records of the quarantine that are to be judged again; those that wait always are
 */
export async function loadTables(
  lake: Lake,
  run: Run,
  ods: OdsResult,
  retry: RetryRequest | null,
): Promise<TableResult[]> {
  const { tables } = lake.project.config
  const results: TableResult[] = []
  for (const tableName of orderTables(tables) ?? []) {
    const input = await withReturned(lake, await inputOf(lake, run, tableName, ods), ods, retry)
    if (input.files.length === 0) continue
    const result = await loadTable(lake, run, input, ods)
    if (result.rows.length > 0) {
      const present = livePaths(lake.state, lake.layout, 'dw', tableName)
      const added = result.rows.map(({ path }) => joinPath(lake.layout.lake, path))
      await showTable(lake.engine, tableName, input.table, [...present, ...added])
    }
    results.push(result)
  }
  return results
}

async function loadTable(lake: Lake, run: Run, input: TableInput, ods: OdsResult): Promise<TableResult> {
  const started = performance.now()
  const { tableName } = input
  const { rows, rejects, outcomes, returned } = await judge(lake, run, input)
  const counts = await countByFile(lake, input, ods, { rows, rejects, returned })
  const ruleResults = await readRuleResults(lake, run, input, rows, rejects)
  const durationMs = Math.round(performance.now() - started)
  const rowCount = rows.reduce((sum, file) => sum + file.rows, 0)
  const rejectCount = rejects?.rows ?? 0
  lake.log.info({ runId: run.runId, table: tableName, rowCount, rejectCount, durationMs }, 'table loaded')
  const rowsIn = input.parts.reduce((sum, part) => sum + part.records, 0)
  const step: StepEntry = { runId: run.runId, stage: 'dw', target: tableName, rowsIn, rowsOut: rowCount, durationMs }
  return { tableName, rows, rejects, outcomes, counts, returns: returned.returns, ruleResults, step }
}

async function judge(lake: Lake, run: Run, input: TableInput) {
  await createRunFiles(lake.engine, input.files)
  const accepted: Accepted[] = []
  for (const part of input.parts) accepted.push(await acceptRecords(lake, run, input, part))
  if (accepted.length === 0) return { rows: [], rejects: null, outcomes: null, returned: NO_RETURNED }
  const good = await findRefused(lake.engine, input, accepted)
  await findKeyConflicts(lake, input, good, accepted)
  const rows = await writeRows(lake, run, input, accepted)
  const rejects = await quarantineRows(lake, run, input)
  if (!input.parts.some((part) => part.isReturned)) return { rows, rejects, outcomes: null, returned: NO_RETURNED }
  const outcomes = await writeOutcomes(lake, run, input.tableName, rejects)
  return { rows, rejects, outcomes, returned: await countReturned(lake, run, input.tableName, rejects) }
}

async function showTable(
  engine: Engine,
  tableName: string,
  table: TableConfig,
  paths: readonly string[],
): Promise<void> {
  await engine.run(
    sql`create or replace view ${ident('dw', tableName)} as ${selectFrom(columnsOf('dw', table), paths)}`,
  )
}
