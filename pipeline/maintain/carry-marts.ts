import type { Lake } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { fingerprintOf } from '../app/index.ts'
import { readValidMarts } from './read-valid-marts.ts'

/**
 * The live marts as they go into a version whose tables have the same rows in other files: the same files, with the
 * fingerprint that they have over the new ones, so that the next run does not make them anew. A mart that was out of date
 * stays so, and so does each while the SQL of one is wrong.
 *
 * @param dataFiles of the new version, tables and marts
 */
export async function carryMarts(lake: Lake, dataFiles: readonly DataFile[]): Promise<DataFile[]> {
  const { tables } = lake.project.config
  const before = lake.state.dataFiles
  const queries = await readValidMarts(lake)
  return lake.state.dataFiles
    .filter((file) => file.layer === 'app')
    .map((file) => {
      const query = queries.find((mart) => mart.martName === file.tableName)
      const isCurrent = query !== undefined && fingerprintOf(query, tables, before) === file.fingerprint
      const fingerprint = isCurrent ? fingerprintOf(query, tables, dataFiles) : file.fingerprint
      return { ...file, fingerprint, addedIn: lake.state.version + 1 }
    })
}
