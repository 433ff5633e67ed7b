import { join as joinPath } from 'node:path'
import { livePaths } from '../../control/catalog.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, RuleResult, StepEntry } from '../../control/ledger.ts'
import { columnsOf, selectFrom } from '../../control/relations.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, readParquet, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { type Accepted, acceptRecords } from './accept-records.ts'
import { findKeyConflicts } from './find-key-conflicts.ts'
import { findRefused } from './find-refused.ts'
import { quarantineRows } from './quarantine-rows.ts'
import { readRuleResults } from './rule-results.ts'
import { createRunFiles, inputOf, type TableInput } from './table-input.ts'
import { writeRows } from './write-rows.ts'

export { checkContracts } from './check-contracts.ts'
export { withTypedValues } from './read-records.ts'
export { type Rule, recordRules, referenceRules, typedName } from './rules/index.ts'
export { looseName, looseValue, typedValue } from './typed-value.ts'

/** What a run adds to one table. */
export interface TableResult {
  readonly tableName: string
  /** None when no record was good. */
  readonly rows: readonly DataFile[]
  /** Null when none was refused. */
  readonly rejects: DataFile | null
  /** Rows loaded and records quarantined, by file id; a file without any is not there. */
  readonly loaded: ReadonlyMap<string, number>
  readonly quarantined: ReadonlyMap<string, number>
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
 */
export async function loadTables(lake: Lake, run: Run, ods: OdsResult): Promise<TableResult[]> {
  const { tables } = lake.project.config
  const results: TableResult[] = []
  for (const tableName of orderTables(tables) ?? []) {
    const input = inputOf(lake, tableName, ods)
    if (input === undefined) continue
    const result = await loadTable(lake, run, input)
    if (result.rows.length > 0) {
      const present = livePaths(lake.state, lake.layout, 'dw', tableName)
      const added = result.rows.map(({ path }) => joinPath(lake.layout.lake, path))
      await showTable(lake.engine, tableName, input.table, [...present, ...added])
    }
    results.push(result)
  }
  return results
}

async function loadTable(lake: Lake, run: Run, input: TableInput): Promise<TableResult> {
  const started = performance.now()
  await createRunFiles(lake.engine, input)
  const accepted: Accepted[] = []
  for (const part of input.parts) accepted.push(await acceptRecords(lake, run, input, part))
  const good = await findRefused(lake.engine, input, accepted)
  await findKeyConflicts(lake, input, good, accepted)
  const rows = await writeRows(lake, run, input, accepted)
  const rejects = await quarantineRows(lake, run, input)
  const durationMs = Math.round(performance.now() - started)
  const loaded = await countByFile(lake, rows)
  const quarantined = await countByFile(lake, rejects === null ? [] : [rejects])
  const ruleResults = rejects === null ? [] : await readRuleResults(lake, run, input.tableName, rejects)
  const rowCount = rows.reduce((sum, file) => sum + file.rows, 0)
  const rejectCount = rejects?.rows ?? 0
  lake.log.info({ runId: run.runId, table: input.tableName, rowCount, rejectCount, durationMs }, 'table loaded')
  const step: StepEntry = {
    runId: run.runId,
    stage: 'dw',
    target: input.tableName,
    rowsIn: rowCount + rejectCount,
    rowsOut: rowCount,
    durationMs,
  }
  return { tableName: input.tableName, rows, rejects, loaded, quarantined, ruleResults, step }
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

async function countByFile(lake: Lake, dataFiles: readonly DataFile[]): Promise<Map<string, number>> {
  if (dataFiles.length === 0) return new Map()
  const paths = dataFiles.map(({ path }) => joinPath(lake.layout.lake, path))
  const rows = await lake.engine.rows<{ _file_id: string; records: number }>(
    sql`select _file_id, count(*) as records from ${readParquet(paths)} group by _file_id`,
  )
  return new Map(rows.map((row) => [row._file_id, row.records]))
}
