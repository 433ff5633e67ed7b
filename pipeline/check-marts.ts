import { NO_FILES } from '../control/table-rows.ts'
import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { readMart, readMarts } from './app/index.ts'
import { checkRules, showTables } from './dw/index.ts'
import { checkReports } from './reports/check-reports.ts'

/**
 * Hold the rules of every table against the engine, and the SQL of every mart, that of its trace, and how its page shows it,
 * against empty tables of the contract, without touching the lake.
 *
 * @throws {DroplakeError} CONFIG_INVALID, MART_INVALID, REPORT_INVALID
 */
export async function checkMarts(project: Project): Promise<void> {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await checkRules(engine, project)
    await showTables(engine, project.config.tables, () => NO_FILES)
    await checkReports(engine, project, await readMarts(engine, project))
    for (const [martName, { trace }] of Object.entries(project.config.marts))
      if (trace !== undefined) await readMart(engine, project, martName, trace)
  } finally {
    engine.close()
  }
}
