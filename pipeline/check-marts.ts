import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { readMarts } from './app/index.ts'
import { showTables } from './dw/index.ts'
import { checkReports } from './reports/check-reports.ts'

/**
 * Hold the SQL of every mart, and how its page shows it, against empty tables of the contract, without touching the lake.
 *
 * @throws {DroplakeError} MART_INVALID, REPORT_INVALID
 */
export async function checkMarts(project: Project): Promise<void> {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await showTables(engine, project.config.tables, () => [])
    await checkReports(engine, project, await readMarts(engine, project))
  } finally {
    engine.close()
  }
}
