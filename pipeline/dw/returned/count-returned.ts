import { join as joinPath } from 'node:path'
import type { Lake, Run } from '../../../control/lake.ts'
import type { DataFile, ReturnEntry } from '../../../control/ledger.ts'
import { readParquet, sql } from '../../../core/sql.ts'
import { RETURNED } from './find-returned.ts'
import { QUARANTINED } from './write-outcomes.ts'

/** What became of the records that were judged again. */
export interface ReturnedCounts {
  readonly returns: readonly ReturnEntry[]
  /** By upload: of its corrections, those that name an entry which is open, or no entry at all; and how many were good. */
  readonly corrected: ReadonlyMap<string, { readonly records: number; readonly loaded: number }>
}

export const NO_RETURNED: ReturnedCounts = { returns: [], corrected: new Map() }

/** @param rejects the new entries of the run */
export async function countReturned(
  lake: Lake,
  run: Run,
  tableName: string,
  rejects: DataFile | null,
): Promise<ReturnedCounts> {
  const newEntries =
    rejects === null
      ? sql`(select '' as _file_id, 0 as _line where false)`
      : readParquet([joinPath(lake.layout.lake, rejects.path)])
  const rows = await lake.engine.rows<{
    _file_id: string
    _by_file_id: string | null
    is_entry: boolean
    records: number
    quarantined: number
    new_entries: number
  }>(sql`
    select
      _returned._file_id, _by_file_id, _entry_run_id is not null as is_entry, count(*) as records,
      count(_quarantined._line) as quarantined, count(_new._line) as new_entries
    from ${RETURNED} as _returned
    left join ${QUARANTINED} as _quarantined using (_file_id, _line)
    left join (select _file_id, _line from ${newEntries}) as _new using (_file_id, _line)
    group by all
    order by all`)
  const corrected = new Map<string, { records: number; loaded: number }>()
  for (const row of rows) {
    if (row._by_file_id === null) continue
    const sum = corrected.get(row._by_file_id) ?? { records: 0, loaded: 0 }
    const loaded = sum.loaded + row.records - row.quarantined
    corrected.set(row._by_file_id, { records: sum.records + row.records, loaded })
  }
  const returns = rows
    .filter((row) => row.is_entry)
    .map((row) => ({
      runId: run.runId,
      tableName,
      fileId: row._file_id,
      byFileId: row._by_file_id,
      loaded: row.records - row.quarantined,
      updated: 0,
      unchanged: 0,
      quarantined: row.quarantined,
      newEntries: row.new_entries,
    }))
  return { returns, corrected }
}
