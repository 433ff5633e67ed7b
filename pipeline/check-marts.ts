import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { readMart, readMarts } from './app/index.ts'
import { showTables } from './dw/index.ts'

/**
 * Hold the SQL of every mart, and that of its trace, against empty tables of the contract, without touching the lake.
 *
 * @throws {DroplakeError} MART_INVALID
 */
export async function checkMarts(project: Project): Promise<void> {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await showTables(engine, project.config.tables, () => [])
    await readMarts(engine, project)
    for (const [martName, { trace }] of Object.entries(project.config.marts))
      if (trace !== undefined) await readMart(engine, project, martName, trace)
  } finally {
    engine.close()
  }
}
