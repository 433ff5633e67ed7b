import type { Lake } from '../../../control/lake.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { isLiveIn } from '../../../control/stored-files.ts'
import { isOfTable } from '../../../control/table-rows.ts'
import { computeMart, fingerprintOf, inputFilesOf, readMarts, showMarts } from '../../app/index.ts'
import { showDwFiles } from '../show-dw-files.ts'
import type { Damage, Source } from './repair-data-file.ts'

/** A mart's rows, from its SQL over the tables and marts of its version. */
export async function martSource(lake: Lake, damage: Damage): Promise<Source | string> {
  const { file, stored, broken, replaced } = damage
  const query = (await readMarts(lake.engine, lake.project)).find((mart) => mart.martName === file.tableName)
  if (query === undefined) return 'its SQL has left the config'
  const { tables } = lake.project.config
  const inputsAt = (version: number) =>
    inputFilesOf(
      query,
      stored.filter((candidate) => isLiveIn(candidate, version)),
    )
  // A mart that was held back since is of an older version than its tables.
  const isLive = isLiveIn(file, lake.state.version)
  const madeIn = [...(isLive ? [lake.state.version] : []), file.addedIn].find(
    (version) => fingerprintOf(query, tables, inputsAt(version)) === file.fingerprint,
  )
  if (madeIn === undefined && (!isLive || query.tests.length > 0))
    return 'its SQL, its tests, its parameters or the contracts have changed since'
  const inputs = inputsAt(madeIn ?? lake.state.version)
  const replacements = new Map(replaced.map((outcome) => [outcome.file.path, outcome.replacement]))
  const readable: DataFile[] = inputs.map((input) => replacements.get(input.path) ?? input)
  const missing = readable.find((input) => broken.has(input.path))
  if (missing !== undefined) return `"${missing.path}", which it reads, is damaged, too`
  await showDwFiles(lake, readable.filter(isOfTable))
  await showMarts(
    lake.engine,
    lake.layout,
    readable.filter((input) => input.layer === 'app'),
  )
  const fingerprint = fingerprintOf(query, tables, readable)
  const rows = await computeMart(lake.engine, query)
  return { query: rows, from: 'from its SQL', isExact: true, mart: { fingerprint, inputs: query.inputs } }
}
