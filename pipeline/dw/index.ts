import { join as joinPath } from 'node:path'
import { livePaths } from '../../control/catalog.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, RuleResult, StepEntry } from '../../control/ledger.ts'
import { columnsOf, selectFrom } from '../../control/relations.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, readParquet, sql } from '../../core/sql.ts'
import type { RawFile } from '../ods/index.ts'
import { CHECKED, checkRecords, type TableInput } from './check-records.ts'
import { findKeyConflicts } from './find-key-conflicts.ts'
import { quarantineRows } from './quarantine-rows.ts'
import { readRuleResults } from './rule-results.ts'
import { writeRows } from './write-rows.ts'

export { checkContracts } from './check-contracts.ts'

/** What a run adds to one table. */
export interface TableResult {
  readonly tableName: string
  /** Null when no record was good, or none was refused. */
  readonly rows: DataFile | null
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
export async function loadTables(lake: Lake, run: Run, rawFiles: readonly RawFile[]): Promise<TableResult[]> {
  const { tables } = lake.project.config
  const results: TableResult[] = []
  for (const tableName of orderTables(tables) ?? []) {
    const table = tables[tableName] as TableConfig
    const files = rawFiles.filter((file) => file.upload.tableName === tableName && file.dataFile !== null)
    if (files.length === 0) continue
    const result = await loadTable(lake, run, {
      tableName,
      table,
      tables,
      files: files.map((file) => inputFile(lake, file)),
    })
    if (result.rows !== null) {
      const present = livePaths(lake.state, lake.layout, 'dw', tableName)
      await showTable(lake.engine, tableName, table, [...present, joinPath(lake.layout.lake, result.rows.path)])
    }
    results.push(result)
  }
  return results
}

async function loadTable(lake: Lake, run: Run, input: TableInput): Promise<TableResult> {
  const started = performance.now()
  await checkRecords(lake.engine, input)
  await findKeyConflicts(lake, input)
  const rows = await writeRows(lake, run, input)
  const rejects = await quarantineRows(lake, run, input)
  await lake.engine.run(sql`drop table ${CHECKED}`) // the largest of what a run holds in memory
  const durationMs = Math.round(performance.now() - started)
  const loaded = await countByFile(lake, rows)
  const quarantined = await countByFile(lake, rejects)
  const ruleResults = rejects === null ? [] : await readRuleResults(lake, run, input.tableName, rejects)
  const rowCount = rows?.rows ?? 0
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

function inputFile(lake: Lake, file: RawFile): TableInput['files'][number] {
  return { fileId: file.fileId, name: file.upload.name, path: joinPath(lake.layout.lake, file.dataFile?.path ?? '') }
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

async function countByFile(lake: Lake, dataFile: DataFile | null): Promise<Map<string, number>> {
  if (dataFile === null) return new Map()
  const rows = await lake.engine.rows<{ _file_id: string; records: number }>(sql`
    select _file_id, count(*) as records from ${readParquet([joinPath(lake.layout.lake, dataFile.path)])} group by _file_id`)
  return new Map(rows.map((row) => [row._file_id, row.records]))
}
