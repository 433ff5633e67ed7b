import { join as joinPath } from 'node:path'
import type { Layout } from '../../../control/layout.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { columnsOf, selectFrom } from '../../../control/relations.ts'
import { isOfTable, selectCurrent, type TableFiles, tableFilesOf, without } from '../../../control/table-rows.ts'
import { type ContractPeriod, contractPeriods } from '../../../core/config/contracts.ts'
import type { Project } from '../../../core/config/load-config.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { hashFile } from '../../../core/durable-files.ts'
import type { Engine } from '../../../core/engine.ts'
import { type Sql, sql } from '../../../core/sql.ts'
import { configHashOf } from '../../ledger-entries.ts'

/** What the checks of rows read: one version of a lake, attached to the engine as `lake`. */
export interface LakeRows {
  readonly engine: Engine
  readonly layout: Layout
  readonly project: Project
  /** Those that are live. */
  readonly dataFiles: readonly DataFile[]
}

/** A run as the ledger has it. */
interface LedgerRun {
  readonly runId: number
  readonly configHash: string
  readonly startedAt: Date
}

/** Runs [first, last] that loaded rows under one contract. */
export interface RunRange {
  readonly first: number
  readonly last: number
}

export interface ContractRuns {
  readonly contract: TableConfig
  readonly runs: readonly RunRange[]
}

/** One table of the lake, with the contracts that its rows were loaded under. */
export interface LakeTable {
  readonly tableName: string
  /** The newest contract: of the last commit, or of today's config for a lake that has kept none yet. */
  readonly table: TableConfig
  readonly files: TableFiles
  readonly contracts: readonly ContractRuns[]
  /** Runs whose contract was not kept. */
  readonly unknownRuns: readonly RunRange[]
  /** The run of the last restore; 0 for a table that was never restored. */
  readonly restoredIn: number
  /** A restore has loaded rows that refer to nothing. */
  readonly allowsOrphans: boolean
}

/** The tables of the config as they are in the lake, in the order of the config. */
export async function readLakeTables(rows: LakeRows): Promise<LakeTable[]> {
  const { engine, project, dataFiles, layout } = rows
  const { contracts } = await engine.row<{ contracts: string }>(sql`select contracts from lake.control.lake`)
  const runs = await readRuns(engine)
  const restores = await readRestores(engine)
  return Object.entries(project.config.tables).map(([tableName, today]) => {
    const periods = contractPeriods(contracts, tableName)
    const restored = restores.get(tableName)
    const restoredIn = restored?.restoredIn ?? 0
    const judged = contractsOfRuns(runs, periods, { today, hash: configHashOf(project) }, restoredIn)
    const table = periods.at(-1)?.contract ?? today
    const parents = table.references.map((reference) => restores.get(reference.table))
    const allowsOrphans = [restored, ...parents].some((restore) => (restore?.orphans ?? 0) > 0)
    const files = tableFilesOf(dataFiles, layout, tableName)
    return { tableName, table, files, ...judged, restoredIn, allowsOrphans }
  })
}

/** The rows of a table that its view shows, closed ones too, with the columns of its data files. */
export function rowsOf({ table, files }: Pick<LakeTable, 'table' | 'files'>): Sql {
  if (table.onConflict !== 'history') return selectCurrent(table, files)
  return without(selectFrom(columnsOf('dw', table), files.rows), files.replaced)
}

/** True for rows whose run is in one of the ranges. */
export function isInRuns(runs: readonly RunRange[]): Sql {
  const ranges = runs.map(({ first, last }) => sql`_run_id between ${first} and ${last}`)
  return ranges.length === 0 ? sql`false` : ranges.reduce((all, range) => sql`${all} or ${range}`)
}

/** The first data file of a table whose bytes are not as recorded: what is found in its rows would blame the wrong one. */
export async function findDamagedFile(
  { dataFiles, layout }: LakeRows,
  tableNames: readonly string[],
): Promise<string | null> {
  const files = dataFiles.filter((file) => file.layer !== 'app' && tableNames.includes(file.tableName))
  for (const file of files.sort((a, b) => Number(isOfTable(b)) - Number(isOfTable(a)))) {
    const found = await hashFile(joinPath(layout.lake, file.path)).catch(() => null)
    if (found !== file.sha256) return file.path
  }
  return null
}

async function readRuns(engine: Engine): Promise<LedgerRun[]> {
  const rows = await engine.rows<{ run_id: number; config_hash: string; started_at: Date }>(
    sql`select run_id, config_hash, started_at from lake.control.runs order by run_id`,
  )
  return rows.map((row) => ({ runId: row.run_id, configHash: row.config_hash, startedAt: row.started_at }))
}

interface LastRestore {
  readonly restoredIn: number
  readonly orphans: number
}

async function readRestores(engine: Engine): Promise<Map<string, LastRestore>> {
  const rows = await engine.rows<{ table_name: string; restored_in: number; orphans: number }>(sql`
    select table_name, max(run_id) as restored_in, max(orphans) as orphans
    from lake.control.restores
    semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
    group by table_name`)
  return new Map(rows.map((row) => [row.table_name, { restoredIn: row.restored_in, orphans: row.orphans }]))
}

/**
 * Which contract each run has loaded under: that of its period, or that of a run with the same config. Rows from before
 * the last restore were judged by the contract of the restore.
 */
function contractsOfRuns(
  runs: readonly LedgerRun[],
  periods: readonly ContractPeriod[],
  { today, hash }: { readonly today: TableConfig; readonly hash: string },
  restoredIn: number,
): Pick<LakeTable, 'contracts' | 'unknownRuns'> {
  const byHash = new Map([[hash, today]])
  const periodOf = (runId: number) => periods.findLast((period) => period.sinceRun <= runId)?.contract
  for (const run of runs) {
    const contract = periodOf(run.runId)
    if (contract !== undefined) byHash.set(run.configHash, contract)
  }
  const contractOf = (run: LedgerRun) => periodOf(run.runId) ?? byHash.get(run.configHash)
  const restore = runs.find((run) => run.runId === restoredIn)
  const grouped = new Map<string | null, { contract: TableConfig | undefined; runs: RunRange[] }>()
  for (const run of runs) {
    const contract = contractOf(run.runId < restoredIn && restore !== undefined ? restore : run)
    const key = contract === undefined ? null : JSON.stringify(contract)
    const group = grouped.get(key) ?? { contract, runs: [] }
    grouped.set(key, { ...group, runs: withRun(group.runs, run.runId) })
  }
  return {
    contracts: [...grouped.values()].flatMap(({ contract, runs: ranges }) =>
      contract === undefined ? [] : [{ contract, runs: ranges }],
    ),
    unknownRuns: grouped.get(null)?.runs ?? [],
  }
}

function withRun(ranges: readonly RunRange[], runId: number): RunRange[] {
  const last = ranges.at(-1)
  if (last === undefined || last.last !== runId - 1) return [...ranges, { first: runId, last: runId }]
  return [...ranges.slice(0, -1), { first: last.first, last: runId }]
}
