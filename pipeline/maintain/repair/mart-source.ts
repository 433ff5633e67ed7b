import type { Lake } from '../../../control/lake.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { isLiveIn } from '../../../control/stored-files.ts'
import { isOfTable } from '../../../control/table-rows.ts'
import { computeMart, fingerprintOf, readMarts } from '../../app/index.ts'
import { showDwFiles } from '../show-dw-files.ts'
import type { Damage, Source } from './repair-data-file.ts'

/** A mart's rows, from its SQL over the tables of its version. */
export async function martSource(lake: Lake, damage: Damage): Promise<Source | string> {
  const { file, stored, broken, replaced } = damage
  const isLive = isLiveIn(file, lake.state.version)
  const version = isLive ? lake.state.version : file.addedIn
  const dwFiles = stored.filter((candidate) => isOfTable(candidate) && isLiveIn(candidate, version))
  const replacements = new Map(replaced.map((outcome) => [outcome.file.path, outcome.replacement]))
  const readable: DataFile[] = dwFiles.map((table) => replacements.get(table.path) ?? table)
  const missing = readable.find((table) => broken.has(table.path))
  if (missing !== undefined) return `"${missing.path}", which it may read, is damaged, too`
  await showDwFiles(lake, readable)
  const query = (await readMarts(lake.engine, lake.project)).find((mart) => mart.martName === file.tableName)
  if (query === undefined) return 'its SQL has left the config'
  const { tables } = lake.project.config
  const isSameSql = fingerprintOf(query, tables, dwFiles) === file.fingerprint
  if (!isSameSql && !isLive) return 'its SQL, its parameters or the contracts have changed since'
  const fingerprint = fingerprintOf(query, tables, readable)
  return { query: await computeMart(lake.engine, query), from: 'from its SQL', isExact: true, fingerprint }
}
