import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { type MartQuery, readMarts } from './app/index.ts'

/**
 * Hold the SQL of every mart, and of its tests, against the contract, without touching the lake.
 *
 * @returns each mart after those that it reads
 * @throws {DroplakeError} MART_INVALID
 */
export async function checkMarts(project: Project): Promise<MartQuery[]> {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    return await readMarts(engine, project)
  } finally {
    engine.close()
  }
}
