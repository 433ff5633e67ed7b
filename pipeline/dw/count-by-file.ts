import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Counts, DataFile } from '../../control/ledger.ts'
import { readParquet, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { RETURNED, type ReturnedCounts } from './returned/index.ts'
import { correctionCount, type TableInput } from './table-input.ts'

/** What became of an upload's records in its table. */
export type TableCounts = Pick<Counts, 'loaded' | 'updated' | 'unchanged' | 'quarantined'>

/** What a table's files of the run hold. */
interface Written {
  readonly rows: readonly DataFile[]
  readonly rejects: DataFile | null
  readonly returned: ReturnedCounts
}

/** What became of the records of each upload. A correction's records stand in the table under the file that they came with. */
export async function countByFile(
  lake: Lake,
  input: TableInput,
  ods: OdsResult,
  { rows, rejects, returned }: Written,
): Promise<Map<string, TableCounts>> {
  const hasReturned = input.parts.some((part) => part.isReturned)
  const loaded = await countRecords(lake, rows, hasReturned)
  const quarantined = await countRecords(lake, rejects === null ? [] : [rejects], hasReturned)
  const counts = new Map<string, TableCounts>()
  for (const file of ods.rawFiles.filter(({ upload }) => upload.tableName === input.tableName)) {
    const corrected = returned.corrected.get(file.fileId) ?? { records: 0, loaded: 0 }
    counts.set(file.fileId, {
      loaded: (loaded.get(file.fileId) ?? 0) + corrected.loaded,
      updated: 0,
      // A correction of what is no longer open changes nothing.
      unchanged: correctionCount(file) - corrected.records,
      quarantined: (quarantined.get(file.fileId) ?? 0) + corrected.records - corrected.loaded,
    })
  }
  return counts
}

/** Records in data files, by file id, but for those that have come back. */
async function countRecords(
  lake: Lake,
  dataFiles: readonly DataFile[],
  hasReturned: boolean,
): Promise<Map<string, number>> {
  if (dataFiles.length === 0) return new Map()
  const paths = dataFiles.map(({ path }) => joinPath(lake.layout.lake, path))
  const others = hasReturned ? sql`anti join ${RETURNED} using (_file_id, _line)` : sql``
  const rows = await lake.engine.rows<{ _file_id: string; records: number }>(
    sql`select _file_id, count(*) as records from ${readParquet(paths)} ${others} group by _file_id`,
  )
  return new Map(rows.map((row) => [row._file_id, row.records]))
}
