import type { Lake } from '../../control/lake.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type MartQuery, readMarts } from '../app/index.ts'

/** The marts, or none: SQL that is wrong today stops a run, but neither a compaction nor the repair of a table. */
export async function readValidMarts(lake: Lake): Promise<MartQuery[]> {
  try {
    return await readMarts(lake.engine, lake.project)
  } catch (error) {
    if (error instanceof DroplakeError && error.code === 'MART_INVALID') return []
    throw error
  }
}
