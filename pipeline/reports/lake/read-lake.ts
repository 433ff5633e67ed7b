import { join } from 'node:path'
import { layoutOf } from '../../../control/layout.ts'
import type { Project } from '../../../core/config/load-config.ts'
import { listFolder } from '../../../core/durable-files.ts'
import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'
import { type Arrival, readArrivals } from './read-arrivals.ts'
import { type Drift, readDrift } from './read-drift.ts'
import { readFreshness, type TableFreshness } from './read-freshness.ts'
import { type Funnel, readFunnels } from './read-funnels.ts'
import { type MartLine, readMartLines } from './read-mart-lines.ts'
import { type OpenRecords, readQuarantine } from './read-quarantine.ts'
import { type Reasons, readReasons } from './read-reasons.ts'
import { type RunLine, readRuns } from './read-runs.ts'

/** All that the index tells of a lake. */
export interface LakeReport {
  readonly name: string
  readonly version: number
  readonly writtenAt: Date
  /** Newest first. */
  readonly runs: readonly RunLine[]
  readonly funnels: readonly Funnel[]
  readonly reasons: Reasons
  readonly quarantine: readonly OpenRecords[]
  /** Names of files in `quarantine/files/`. */
  readonly refusedFiles: readonly string[]
  readonly drift: readonly Drift[]
  readonly arrivals: readonly Arrival[]
  readonly freshness: readonly TableFreshness[]
  readonly marts: readonly MartLine[]
}

/** Read it from the newest catalog, which the engine has open. */
export async function readLake(engine: Engine, project: Project, now: Date): Promise<LakeReport> {
  const { config } = project
  const { version } = await engine.row<{ version: number }>(sql`select version from control.lake`)
  const withRejects = await engine.rows<{ name: string }>(sql`
    select distinct table_name as name from control.data_files where layer = 'rejects' and removed_in is null order by name`)
  const refused = await listFolder(join(layoutOf(project).refusedFiles))
  return {
    name: config.name,
    version,
    writtenAt: now,
    runs: await readRuns(engine),
    funnels: await readFunnels(engine, config.tables),
    reasons: await readReasons(engine),
    quarantine: await readQuarantine(
      engine,
      withRejects.map((table) => table.name),
    ),
    refusedFiles: refused.filter((name) => !name.startsWith('.') && !name.endsWith('.reason.txt')),
    drift: await readDrift(engine),
    arrivals: await readArrivals(engine, config, now),
    freshness: await readFreshness(engine),
    marts: await readMartLines(engine, config.marts),
  }
}
