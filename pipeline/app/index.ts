import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, StepEntry } from '../../control/ledger.ts'
import { isOfTable } from '../../control/table-rows.ts'
import { type TableResult, tableFilesAdded } from '../dw/index.ts'
import { buildMart, fingerprintOf, type MartQuery } from './build-mart.ts'

export { computeMart, fingerprintOf, type MartQuery, readMart, readMarts } from './build-mart.ts'

export interface MartResult {
  readonly martName: string
  /** The mart's rows after the run: new, or as they were when nothing that it reads has changed. */
  readonly dataFile: DataFile
  readonly isNew: boolean
  readonly step: StepEntry | null
}

export interface AppResult {
  readonly marts: readonly MartResult[]
  /** Paths of mart files that are no longer live. */
  readonly removed: readonly string[]
  /** Names of marts that have left the config. */
  readonly goneMarts: readonly string[]
}

/** APP: compute each mart whose SQL, parameters or tables have changed. Needs the views `dw.<table>` that `loadTables` leaves. */
export async function buildMarts(
  lake: Lake,
  run: Run,
  queries: readonly MartQuery[],
  tables: readonly TableResult[],
): Promise<AppResult> {
  const dwFiles = [...lake.state.dataFiles.filter(isOfTable), ...tables.flatMap(tableFilesAdded)]
  const present = lake.state.dataFiles.filter((file) => file.layer === 'app')
  const marts: MartResult[] = []
  for (const query of queries) {
    const { martName } = query
    const fingerprint = fingerprintOf(query, lake.project.config.tables, dwFiles)
    const unchanged = present.find((file) => file.tableName === martName && file.fingerprint === fingerprint)
    if (unchanged !== undefined) {
      marts.push({ martName, dataFile: unchanged, isNew: false, step: null })
      continue
    }
    const started = performance.now()
    const dataFile = await buildMart(lake, run, query, fingerprint)
    const durationMs = Math.round(performance.now() - started)
    const rowsIn = dwFiles.filter((file) => file.layer === 'dw').reduce((sum, file) => sum + file.rows, 0)
    marts.push({
      martName,
      dataFile,
      isNew: true,
      step: { runId: run.runId, stage: 'app', target: martName, rowsIn, rowsOut: dataFile.rows, durationMs },
    })
    lake.log.info({ runId: run.runId, mart: martName, rowCount: dataFile.rows, durationMs }, 'mart built')
  }
  const live = new Set(marts.map((mart) => mart.dataFile.path))
  const removed = present.filter((file) => !live.has(file.path))
  const goneMarts = removed
    .map((file) => file.tableName)
    .filter((name) => !Object.hasOwn(lake.project.config.marts, name))
  return { marts, removed: removed.map((file) => file.path), goneMarts }
}
