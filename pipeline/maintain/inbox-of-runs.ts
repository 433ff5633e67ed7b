import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { literal, readParquet, sql } from '../../core/sql.ts'
import type { DeliveryPlan } from '../deliver/index.ts'
import { inboxCsvName } from '../plan-delivery.ts'

type InboxEntry = DeliveryPlan['inbox'][number]

/**
 * The CSVs of refused records that runs gave to people, as a delivery plan lists them.
 *
 * @param dataFiles of a version in which these runs count
 */
export async function readInbox(
  lake: Lake,
  runIds: readonly number[],
  dataFiles: readonly DataFile[],
): Promise<InboxEntry[]> {
  const uploads = await lake.engine.rows<{
    run_id: number
    name: string
    file_id: string
    table_name: string
    dialect: string
  }>(sql`
    select run_id, name, file_id, table_name, dialect
    from lake.control.files
    where outcome = 'loaded' and quarantined > 0 and list_contains(${literal(runIds.map(String))}, run_id::varchar)
    order by run_id, name`)
  const entries: InboxEntry[] = []
  for (const upload of uploads) {
    const rejectsPath = await findRejects(lake, upload.table_name, upload.file_id, dataFiles)
    if (rejectsPath === undefined) continue
    const { columns } = JSON.parse(upload.dialect) as { columns: readonly string[] }
    entries.push({
      tableName: upload.table_name,
      fileId: upload.file_id,
      csvName: inboxCsvName(upload.name, upload.run_id),
      rejectsPath,
      columns,
    })
  }
  return entries
}

/** The data file with an upload's refused records; after a compaction that is not one of the run's own. */
async function findRejects(
  lake: Lake,
  tableName: string,
  fileId: string,
  dataFiles: readonly DataFile[],
): Promise<string | undefined> {
  for (const file of dataFiles.filter(
    (candidate) => candidate.layer === 'rejects' && candidate.tableName === tableName,
  )) {
    const { records } = await lake.engine.row<{ records: number }>(sql`
      select count(*) as records from ${readParquet([joinPath(lake.layout.lake, file.path)])} where _file_id = ${fileId}`)
    if (records > 0) return file.path
  }
  return undefined
}
