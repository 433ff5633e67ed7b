import type { Lake } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { isOfTable } from '../../control/table-rows.ts'
import { DroplakeError } from '../../core/errors.ts'
import { fingerprintOf, type MartQuery, readMarts } from '../app/index.ts'
import { showDwFiles } from './show-dw-files.ts'

/**
 * The live marts as they go into a version whose tables have the same rows in other files: the same files, with the
 * fingerprint that they have over the new ones, so that the next run does not make them anew. A mart that was out of date
 * stays so.
 *
 * @param dwFiles of the new version: all that make up its tables
 */
export async function carryMarts(lake: Lake, dwFiles: readonly DataFile[]): Promise<DataFile[]> {
  const { tables } = lake.project.config
  const before = lake.state.dataFiles.filter(isOfTable)
  const queries = await readQueries(lake)
  return lake.state.dataFiles
    .filter((file) => file.layer === 'app')
    .map((file) => {
      const query = queries.find((mart) => mart.martName === file.tableName)
      const isCurrent = query !== undefined && fingerprintOf(query, tables, before) === file.fingerprint
      const fingerprint = isCurrent ? fingerprintOf(query, tables, dwFiles) : file.fingerprint
      return { ...file, fingerprint, addedIn: lake.state.version + 1 }
    })
}

/** SQL that is wrong today stops a run, but not a compaction: its marts are made anew once it is right. */
async function readQueries(lake: Lake): Promise<MartQuery[]> {
  await showDwFiles(lake, lake.state.dataFiles.filter(isOfTable))
  try {
    return await readMarts(lake.engine, lake.project)
  } catch (error) {
    if (error instanceof DroplakeError && error.code === 'MART_INVALID') return []
    throw error
  }
}
