import { removeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, ReturnEntry, RuleResult, StepEntry } from '../../control/ledger.ts'
import { selectTable, type TableFiles, tableFilesOf } from '../../control/table-rows.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { refuseFiles } from '../ods/refuse-files.ts'
import { type Accepted, acceptRecords } from './accept-records.ts'
import { countByFile, type TableCounts } from './count-by-file.ts'
import { refuseByRecords, refuseByRowCount } from './find-refusals.ts'
import { findRefused } from './find-refused.ts'
import { settleKeys } from './keys/settle-keys.ts'
import { writeChanges } from './keys/write-changes.ts'
import { quarantineRows } from './quarantine-rows.ts'
import {
  countLeftOut,
  countReturned,
  NO_RETURNED,
  type RetryRequest,
  withReturned,
  writeOutcomes,
} from './returned/index.ts'
import { readRuleResults } from './rule-results.ts'
import { createRunFiles, inputOf, type TableInput } from './table-input.ts'
import { writeRows } from './write-rows.ts'

export { checkContracts } from './check-contracts.ts'
export { checkRules } from './check-rules.ts'
export { compileChecks } from './checks/index.ts'
export { judgeFreshness } from './judge-freshness.ts'
export { allGiven, keyNames, keysOf } from './keys/key-sql.ts'
export { withTypedValues } from './read-records.ts'
export type { RetryRequest } from './returned/index.ts'
export { holdsBack, type Rule, recordRules, referenceRules, typedName } from './rules/index.ts'
export type { InputFile } from './table-input.ts'
export { hasOwnText, textName, textValue } from './text-value.ts'
export { asRecords } from './typed-records.ts'
export { looseName, looseValue, typedValue } from './typed-value.ts'

/** What a run adds to one table. */
export interface TableResult {
  readonly tableName: string
  /** None when no record was good. */
  readonly rows: readonly DataFile[]
  /** Which rows of before are no longer in the table, or no longer current; null when all are. */
  readonly changes: DataFile | null
  /** Null when none was refused. */
  readonly rejects: DataFile | null
  /** What became of entries whose records were judged again; null when nothing did. */
  readonly outcomes: DataFile | null
  /** By file id; a file without any is not there. */
  readonly counts: ReadonlyMap<string, TableCounts>
  readonly returns: readonly ReturnEntry[]
  /** Open records that a CSV of the inbox has come back without. */
  readonly leftOut: number
  /** Rows whose place records of this run have taken, by the file id of the upload that had brought them. */
  readonly replaced: ReadonlyMap<string, number>
  readonly ruleResults: readonly RuleResult[]
  readonly step: StepEntry
}

/** Views `dw.<table>` in the engine, over the data files that `filesOf` names: what rules and marts read. */
export async function showTables(
  engine: Engine,
  tables: Config['tables'],
  filesOf: (tableName: string) => TableFiles,
): Promise<void> {
  await engine.run(sql`create schema dw`)
  for (const [tableName, table] of Object.entries(tables)) await showTable(engine, tableName, table, filesOf(tableName))
}

/** What the DW stage leaves: a result per table, and ODS without the files that a rule has refused. */
export interface DwResult {
  readonly tables: readonly TableResult[]
  readonly ods: OdsResult
}

/**
 * DW: judge the records of each table, parents before the tables that refer to them; good ones become typed rows, the
 * others go to quarantine. The views of `showTables` then show each table as it will be after the run.
 *
 * @param retry open records of the quarantine that are to be judged again; those that wait always are
 */
export async function loadTables(lake: Lake, run: Run, raw: OdsResult, retry: RetryRequest | null): Promise<DwResult> {
  const { tables } = lake.project.config
  const results: TableResult[] = []
  let ods = raw
  for (const tableName of orderTables(tables) ?? []) {
    const loaded = await loadWholeFiles(lake, run, tableName, ods, retry)
    ods = loaded.ods
    if (loaded.result === null) continue
    const dataFiles = [...lake.state.dataFiles, ...tableFilesAdded(loaded.result)]
    const table = tables[tableName] as TableConfig
    await showTable(lake.engine, tableName, table, tableFilesOf(dataFiles, lake.layout, tableName))
    results.push(loaded.result)
  }
  return { tables: results, ods }
}

/**
 * Load a table without the files that its contract refuses as a whole. What their records have held, such as a key, they hold no
 * more: the others are judged anew.
 */
async function loadWholeFiles(
  lake: Lake,
  run: Run,
  tableName: string,
  raw: OdsResult,
  retry: RetryRequest | null,
): Promise<{ readonly result: TableResult | null; readonly ods: OdsResult }> {
  const filesOf = (ods: OdsResult) => ods.rawFiles.filter(({ upload }) => upload.tableName === tableName)
  const table = lake.project.config.tables[tableName] as TableConfig
  let ods = raw
  let refusals = refuseByRowCount(filesOf(ods), table)
  for (;;) {
    if (refusals.size > 0) ods = await refuseFiles(lake, run, ods, tableName, refusals)
    const input = await withReturned(lake, await inputOf(lake, run, tableName, ods), ods, retry)
    if (input.files.length === 0) return { result: null, ods }
    const result = await loadTable(lake, run, input, ods)
    refusals = await refuseByRecords(lake, input, filesOf(ods), result.rejects)
    if (refusals.size === 0) return { result, ods }
    for (const file of [...tableFilesAdded(result), result.rejects, result.outcomes])
      if (file !== null) await removeDataFile(lake.layout, file)
  }
}

/** The data files that a run adds to a table: its rows, and what they change. */
export function tableFilesAdded({ rows, changes }: TableResult): DataFile[] {
  return changes === null ? [...rows] : [...rows, changes]
}

async function loadTable(lake: Lake, run: Run, input: TableInput, ods: OdsResult): Promise<TableResult> {
  const started = performance.now()
  const { tableName } = input
  const written = await judgeRecords(lake, run, input)
  const { rows, changes, rejects, outcomes, returned } = written
  const { counts, replaced } = await countByFile(lake, input, ods, written)
  const ruleResults = await readRuleResults(lake, run, input, rows, rejects)
  const durationMs = Math.round(performance.now() - started)
  const rowCount = rows.reduce((sum, file) => sum + file.rows, 0)
  const rejectCount = rejects?.rows ?? 0
  lake.log.info({ runId: run.runId, table: tableName, rowCount, rejectCount, durationMs }, 'table loaded')
  const rowsIn = input.parts.reduce((sum, part) => sum + part.records, 0)
  const step: StepEntry = { runId: run.runId, stage: 'dw', target: tableName, rowsIn, rowsOut: rowCount, durationMs }
  const { returns } = returned
  const leftOut = await countLeftOut(lake, run, tableName, ods)
  return { tableName, rows, changes, rejects, outcomes, counts, replaced, returns, leftOut, ruleResults, step }
}

const NOTHING_WRITTEN = { rows: [], changes: null, rejects: null, outcomes: null, returned: NO_RETURNED }

/** Each record becomes a row of the table, or an entry of the quarantine, or changes nothing. */
export async function judgeRecords(lake: Lake, run: Run, input: TableInput) {
  // A file may have no records, or only corrections of what is no longer open.
  if (input.parts.length === 0) return NOTHING_WRITTEN
  await createRunFiles(lake.engine, input.files)
  const accepted: Accepted[] = []
  for (const part of input.parts) accepted.push(await acceptRecords(lake, run, input, part))
  const good = await findRefused(lake.engine, input, accepted)
  await settleKeys(lake, run, input, good, accepted)
  const rows = await writeRows(lake, run, input, accepted)
  const changes = await writeChanges(lake, run, input)
  const rejects = await quarantineRows(lake, run, input)
  const hasReturned = input.parts.some((part) => part.isReturned)
  if (!hasReturned) return { rows, changes, rejects, outcomes: null, returned: NO_RETURNED }
  const outcomes = await writeOutcomes(lake, run, input.tableName, rejects)
  return { rows, changes, rejects, outcomes, returned: await countReturned(lake, run, input.tableName, rejects) }
}

/** The view of one table, over other data files. */
export async function showTable(
  engine: Engine,
  tableName: string,
  table: TableConfig,
  files: TableFiles,
): Promise<void> {
  await engine.run(sql`create or replace view ${ident('dw', tableName)} as ${selectTable(table, files)}`)
}
