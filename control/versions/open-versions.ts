import type { Project } from '../../core/config/load-config.ts'
import { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { sql } from '../../core/sql.ts'
import { attachLedger } from '../attach-ledger.ts'
import { lakeNotFound, newestCatalog, refuseOpenForWriting } from '../catalog.ts'
import { type Layout, layoutOf } from '../layout.ts'
import { readOldestVersion } from '../stored-files.ts'

/** The versions of a lake, as its newest ledger tells them. */
export interface Versions {
  readonly project: Project
  readonly layout: Layout
  /** An engine in memory with the newest catalog attached as `lake`, read-only. */
  readonly engine: Engine
  readonly newest: number
  /** The first version that can be read. 0 is the empty lake before the first run. */
  readonly oldest: number
}

/**
 * Open the newest ledger for reading, do something with it, and close it. It waits for no run and no run waits for it.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND, LAKE_BUSY, LAKE_DAMAGED
 */
export async function withVersions<Result>(
  project: Project,
  work: (versions: Versions) => Promise<Result>,
): Promise<Result> {
  const layout = layoutOf(project)
  const path = await newestCatalog(layout)
  if (path === null) throw lakeNotFound(layout)
  const { threads, memoryLimit } = project.config.engine
  const engine = await Engine.open({ path: ':memory:', threads, memoryLimit })
  try {
    const newest = await attach(engine, path)
    return await work({ project, layout, engine, newest, oldest: await readOldestVersion(engine, 'lake') })
  } finally {
    engine.close()
  }
}

async function attach(engine: Engine, path: string): Promise<number> {
  try {
    await attachLedger(engine, path)
    const { version } = await engine.row<{ version: number }>(sql`select version from lake.control.lake`)
    return version
  } catch (cause) {
    refuseOpenForWriting(cause, path)
    throw new DroplakeError('LAKE_DAMAGED', `the newest catalog "${path}" cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: 'See what is whole: droplake verify. Then: droplake repair --dry-run',
    })
  }
}

/** @throws {DroplakeError} VERSION_NOT_FOUND, VERSION_VACUUMED */
export function requireVersion(version: number, { newest, oldest }: Pick<Versions, 'newest' | 'oldest'>): void {
  if (version > newest) {
    throw new DroplakeError('VERSION_NOT_FOUND', `there is no version ${version}; the newest is ${newest}`, {
      hint: 'List the versions with: droplake history',
    })
  }
  if (version >= oldest) return
  throw new DroplakeError(
    'VERSION_VACUUMED',
    `version ${version} can no longer be read: a vacuum has taken its data files away; the oldest that can be read is ${oldest}`,
    { details: { oldestVersion: oldest }, hint: 'List the versions with: droplake history' },
  )
}
