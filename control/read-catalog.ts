import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { DroplakeError, messageOf } from '../core/errors.ts'
import { raw, sql } from '../core/sql.ts'
import { attachLedger, copyViews } from './attach-ledger.ts'
import { lakeNotFound, newestCatalog, refuseOpenForWriting } from './catalog.ts'
import { layoutOf } from './layout.ts'

/**
 * Open the newest catalog for reading as the engine's default database, do something with it, and close it. It waits for no run and no run waits for it.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND, LAKE_MOVED, LAKE_DAMAGED
 */
export async function withCatalog<Result>(
  project: Project,
  work: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const layout = layoutOf(project)
  const path = await newestCatalog(layout)
  if (path === null) throw lakeNotFound(layout)
  const { threads, memoryLimit } = project.config.engine
  const engine = await Engine.open({ path: ':memory:', threads, memoryLimit })
  try {
    const isFile = await attach(engine, path)
    await engine.run(raw('use lake'))
    const { root } = await engine.row<{ root: string }>(sql`select root from control.lake`)
    if (root !== layout.lake) {
      throw new DroplakeError(
        'LAKE_MOVED',
        `the lake was moved from "${root}" to "${layout.lake}", and its views still point there`,
        { hint: 'Mend them with: droplake run' },
      )
    }
    if (!isFile) await copyViews(engine, path)
    return await work(engine)
  } finally {
    engine.close()
  }
}

async function attach(engine: Engine, path: string): Promise<boolean> {
  try {
    return await attachLedger(engine, path)
  } catch (cause) {
    refuseOpenForWriting(cause, path)
    throw new DroplakeError('LAKE_DAMAGED', messageOf(cause), {
      cause,
      hint: 'See what is whole: droplake verify. Then: droplake repair --dry-run',
    })
  }
}
