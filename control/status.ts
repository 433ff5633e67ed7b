import { join } from 'node:path'
import type { Project } from '../core/config/load-config.ts'
import { listFolder } from '../core/durable-files.ts'
import type { Engine, EngineRow } from '../core/engine.ts'
import { DroplakeError } from '../core/errors.ts'
import { sql } from '../core/sql.ts'
import { newestCatalog } from './catalog.ts'
import { readHeldMarts } from './held-marts.ts'
import { type Layer, layoutOf } from './layout.ts'
import { withCatalog } from './read-catalog.ts'
import { countTableRows } from './table-rows.ts'

/** What a lake holds and what waits for a run or for a person. Column names as in the control tables. */
export interface LakeStatus {
  readonly lake: string
  /** 0 when no run has committed yet. */
  readonly version: number
  /** The newest ten, newest first. */
  readonly runs: readonly EngineRow[]
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly quarantined: number }[]
  /** `rows` of the version that people see, null when there is none; `heldBack`: since when the last run, and why. */
  readonly marts: readonly { readonly mart: string; readonly rows: number | null; readonly heldBack: string | null }[]
  /** Names in uploads. */
  readonly uploads: readonly string[]
  /** Names in `quarantine/files/`. */
  readonly refusedFiles: readonly string[]
}

/** Read a lake's state; a lake that does not exist yet is an empty one. */
export async function readStatus(project: Project): Promise<LakeStatus> {
  const layout = layoutOf(project)
  const isNew = (await newestCatalog(layout)) === null
  const fromCatalog = isNew
    ? { version: 0, runs: [], tables: [], marts: [] }
    : await withCatalog(project, (engine) => readCatalogStatus(project, engine))
  return {
    lake: layout.lake,
    ...fromCatalog,
    uploads: (await listFolder(layout.uploads)).filter((name) => !name.startsWith('.')),
    refusedFiles: (await listFolder(join(layout.refusedFiles))).filter(
      (name) => !name.startsWith('.') && !name.endsWith('.reason.txt'),
    ),
  }
}

async function readCatalogStatus(
  project: Project,
  engine: Engine,
): Promise<Pick<LakeStatus, 'version' | 'runs' | 'tables' | 'marts'>> {
  const { version } = await engine.row<{ version: number }>(sql`select version from control.lake`)
  const runs = await engine.rows(sql`
    select run_id, status, version, started_at, files, records, loaded, updated, unchanged, quarantined, refused, duplicates, error
    from control.runs order by run_id desc limit 10`)
  const layers = await engine.rows<{ layer: Layer; name: string; rows: number }>(sql`
    select layer, table_name as name, sum(rows)::bigint as rows from control.data_files where removed_in is null group by all order by name`)
  const rowsIn = (layer: string, name: string) =>
    layers.find((row) => row.layer === layer && row.name === name)?.rows ?? 0
  const counted = layers.map(({ layer, name, rows }) => ({ layer, tableName: name, rows }))
  const known = layers.filter((row) => row.layer === 'dw' || row.layer === 'rejects').map((row) => row.name)
  const tables = new Set([...Object.keys(project.config.tables), ...known])
  return {
    version,
    runs,
    tables: [...tables].map((name) => ({
      table: name,
      rows: countTableRows(counted, name, project.config.tables[name]),
      // Each outcome ends one entry.
      quarantined: rowsIn('rejects', name) - rowsIn('outcomes', name),
    })),
    marts: await readMartStatus(
      project,
      engine,
      layers.filter((row) => row.layer === 'app'),
    ),
  }
}

async function readMartStatus(
  project: Project,
  engine: Engine,
  live: readonly { readonly name: string; readonly rows: number }[],
): Promise<LakeStatus['marts']> {
  const heldBack = new Map(
    [...(await readHeldMarts(engine))].filter(([name]) => Object.hasOwn(project.config.marts, name)),
  )
  const rows = new Map<string, number | null>([...heldBack.keys()].map((name) => [name, null]))
  for (const mart of live) rows.set(mart.name, mart.rows)
  return [...rows].map(([mart, count]) => ({ mart, rows: count, heldBack: heldBack.get(mart) ?? null }))
}

/** All that the ledger holds of one run. */
export interface RunDetails {
  readonly run: EngineRow
  readonly files: readonly EngineRow[]
  readonly steps: readonly EngineRow[]
  readonly rules: readonly EngineRow[]
  readonly martTests: readonly EngineRow[]
}

/** @throws {DroplakeError} RUN_NOT_FOUND, LAKE_NOT_FOUND */
export async function readRun(project: Project, runId: number): Promise<RunDetails> {
  return withCatalog(project, async (engine) => {
    const [run] = await engine.rows(sql`select * from control.runs where run_id = ${runId}`)
    if (run === undefined) {
      const { last } = await engine.row<{ last: number }>(
        sql`select coalesce(max(run_id), 0) as last from control.runs`,
      )
      throw new DroplakeError('RUN_NOT_FOUND', `there is no run ${runId}; runs go from 1 to ${last}`, {
        hint: 'List the last runs with: droplake status',
      })
    }
    const rowsOf = (table: 'files' | 'steps' | 'rule_results' | 'mart_tests') => {
      const queries = {
        files: sql`select * from control.files where run_id = ${runId} order by name`,
        steps: sql`select * from control.steps where run_id = ${runId}`,
        rule_results: sql`select * from control.rule_results where run_id = ${runId} order by records desc, rule`,
        mart_tests: sql`select * from control.mart_tests where run_id = ${runId}`,
      }
      return engine.rows(queries[table])
    }
    return {
      run,
      files: await rowsOf('files'),
      steps: await rowsOf('steps'),
      rules: await rowsOf('rule_results'),
      martTests: await rowsOf('mart_tests'),
    }
  })
}
