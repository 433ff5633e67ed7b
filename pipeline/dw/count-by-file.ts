import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Counts, DataFile } from '../../control/ledger.ts'
import { readParquet, type Sql, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { type CountByFile, countOutcomes, countRecords, NO_OUTCOMES } from './keys/count-outcomes.ts'
import { RETURNED, type ReturnedCounts } from './returned/index.ts'
import { correctionCount, type TableInput } from './table-input.ts'

/** What a table's data files of the run hold. */
interface Written {
  readonly rows: readonly DataFile[]
  readonly rejects: DataFile | null
  readonly returned: ReturnedCounts
}

/** What became of an upload's records in its table. */
export type TableCounts = Pick<Counts, 'loaded' | 'updated' | 'unchanged' | 'quarantined'>

export interface FileCounts {
  /** By file id of the run's uploads. */
  readonly counts: ReadonlyMap<string, TableCounts>
  /** Rows whose place records of this run have taken, by the file id of the upload that had brought them. */
  readonly replaced: CountByFile
}

/** What became of the records of each upload. A correction's records stand in the table under the file that they came with. */
export async function countByFile(
  lake: Lake,
  input: TableInput,
  ods: OdsResult,
  { rows, rejects, returned }: Written,
): Promise<FileCounts> {
  const counted = input.parts.some((part) => part.isReturned) ? withoutReturned : (records: Sql) => records
  const countFiles = async (files: readonly DataFile[]) =>
    files.length === 0 ? new Map<string, number>() : countRecords(lake.engine, counted(recordsIn(lake, files)))
  const written = await countFiles(rows)
  const quarantined = await countFiles(rejects === null ? [] : [rejects])
  const { updated, unchanged, superseded, replaced } =
    input.parts.length === 0 ? NO_OUTCOMES : await countOutcomes(lake.engine, input, counted)
  const counts = new Map<string, TableCounts>()
  for (const file of ods.rawFiles.filter(({ upload }) => upload.tableName === input.tableName)) {
    const of = (count: CountByFile) => count.get(file.fileId) ?? 0
    const corrected = returned.corrected.get(file.fileId)
    const ended = correctionCount(file) - (corrected?.records ?? 0)
    counts.set(file.fileId, {
      loaded: of(written) + of(superseded) - of(updated) + (corrected?.loaded ?? 0),
      updated: of(updated) + (corrected?.updated ?? 0),
      // A correction of what is no longer open changes nothing.
      unchanged: of(unchanged) + (corrected?.unchanged ?? 0) + ended + of(input.repeated),
      quarantined: of(quarantined) + (corrected?.quarantined ?? 0),
    })
  }
  return { counts, replaced }
}

function recordsIn(lake: Lake, files: readonly DataFile[]): Sql {
  return readParquet(files.map(({ path }) => joinPath(lake.layout.lake, path)))
}

function withoutReturned(records: Sql): Sql {
  return sql`(select _file_id, _line from ${records} anti join ${RETURNED} using (_file_id, _line))`
}
