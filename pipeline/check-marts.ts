import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { checkTraces, type MartQuery, readMarts } from './app/index.ts'
import { checkRules } from './dw/index.ts'
import { checkReports } from './reports/check-reports.ts'

/**
 * Hold the rules of every table against the engine, and the SQL of every mart, of its tests and its trace, and how its page
 * shows it, against empty tables of the contract, without touching the lake.
 *
 * @returns each mart after those that it reads
 * @throws {DroplakeError} CONFIG_INVALID, MART_INVALID, REPORT_INVALID
 */
export async function checkMarts(project: Project): Promise<MartQuery[]> {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await checkRules(engine, project)
    const queries = await readMarts(engine, project)
    checkReports(project, queries)
    await checkTraces(engine, project, queries)
    return queries
  } finally {
    engine.close()
  }
}
