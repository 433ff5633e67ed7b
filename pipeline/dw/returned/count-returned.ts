import { join as joinPath } from 'node:path'
import type { Lake, Run } from '../../../control/lake.ts'
import type { Counts, DataFile, ReturnEntry } from '../../../control/ledger.ts'
import { sumCounts } from '../../../control/ledger.ts'
import { readParquet, sql } from '../../../core/sql.ts'
import { ALL_UNCHANGED, UPDATING } from '../keys/settle-keys.ts'
import { RETURNED } from './find-returned.ts'
import { QUARANTINED } from './write-outcomes.ts'

/** What became of the records that were judged again. */
export interface ReturnedCounts {
  readonly returns: readonly ReturnEntry[]
  /** By upload: those of its corrections that name an entry which is open, or no entry at all. */
  readonly corrected: ReadonlyMap<string, Counts>
}

export const NO_RETURNED: ReturnedCounts = { returns: [], corrected: new Map() }

/** @param rejects the new entries of the run */
export async function countReturned(
  lake: Lake,
  run: Run,
  tableName: string,
  rejects: DataFile | null,
): Promise<ReturnedCounts> {
  const groups = await countGroups(lake, rejects)
  const corrected = new Map<string, Counts>()
  for (const { byFileId, counts } of groups) {
    if (byFileId === null) continue
    const sum = corrected.get(byFileId)
    corrected.set(byFileId, sum === undefined ? counts : sumCounts([sum, counts]))
  }
  const returns = groups
    .filter((group) => group.isEntry)
    .map(({ fileId, byFileId, counts, newEntries }) => {
      const { records: _records, ...outcomes } = counts
      return { runId: run.runId, tableName, fileId, byFileId, ...outcomes, newEntries }
    })
  return { returns, corrected }
}

/** Records of one file, brought by one upload or by none. */
interface Group {
  readonly fileId: string
  readonly byFileId: string | null
  /** They are in quarantine; what corrects nothing is not. */
  readonly isEntry: boolean
  readonly counts: Counts
  readonly newEntries: number
}

async function countGroups(lake: Lake, rejects: DataFile | null): Promise<Group[]> {
  const newEntries =
    rejects === null
      ? sql`(select '' as _file_id, 0 as _line where false)`
      : readParquet([joinPath(lake.layout.lake, rejects.path)])
  const rows = await lake.engine.rows<{
    _file_id: string
    _by_file_id: string | null
    is_entry: boolean
    records: number
    updated: number
    unchanged: number
    quarantined: number
    new_entries: number
  }>(sql`
    select
      _returned._file_id, _by_file_id, _entry_run_id is not null as is_entry, count(*) as records,
      count(_updating._line) as updated, count(_unchanged._line) as unchanged, count(_quarantined._line) as quarantined,
      count(_new._line) as new_entries
    from (select * from ${RETURNED}) as _returned
    left join ${QUARANTINED} as _quarantined using (_file_id, _line)
    left join (select _file_id, _line from ${UPDATING}) as _updating using (_file_id, _line)
    left join ${ALL_UNCHANGED} as _unchanged using (_file_id, _line)
    left join (select _file_id, _line from ${newEntries}) as _new using (_file_id, _line)
    group by all
    order by all`)
  return rows.map(({ records, updated, unchanged, quarantined, ...row }) => ({
    fileId: row._file_id,
    byFileId: row._by_file_id,
    isEntry: row.is_entry,
    counts: { records, loaded: records - updated - unchanged - quarantined, updated, unchanged, quarantined },
    newEntries: row.new_entries,
  }))
}
