import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../../control/data-files.ts'
import type { Lake, Run } from '../../../control/lake.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { literal, raw, readParquet, type Sql, sql } from '../../../core/sql.ts'
import { userName } from '../../../core/user-name.ts'
import { REFUSED } from '../find-refused.ts'
import { KEY_CONFLICTS } from '../keys/settle-keys.ts'
import { RETURNED } from './find-returned.ts'

/** Records of the run that break a rule: `_file_id`, `_line`. */
export const QUARANTINED: Sql = sql`(select _file_id, _line from ${REFUSED} union select _file_id, _line from ${KEY_CONFLICTS})`

/**
 * Write what became of the entries whose records were judged again: `released` when they break no rule any more, `superseded`
 * when they have got a new entry. Those that are as they were get nothing.
 *
 * @param rejects the new entries of the run
 * @returns null when there is nothing to write
 */
export async function writeOutcomes(
  lake: Lake,
  run: Run,
  tableName: string,
  rejects: DataFile | null,
): Promise<DataFile | null> {
  const superseded =
    rejects === null
      ? sql``
      : sql`
        union all
        select ${outcome(run, 'superseded')} from ${RETURNED} as _returned
        semi join ${readParquet([joinPath(lake.layout.lake, rejects.path)])} using (_file_id, _line)
        where _entry_run_id is not null`
  return writeDataFile(
    lake,
    run,
    { layer: 'outcomes', tableName },
    sql`
    select ${outcome(run, 'released')} from ${RETURNED} as _returned
    anti join ${QUARANTINED} using (_file_id, _line)
    where _entry_run_id is not null
    ${superseded}
    order by _id`,
  )
}

function outcome(run: Run, status: 'released' | 'superseded'): Sql {
  return sql`
    _file_id || ':' || _line as _id, _entry_run_id as _run_id, ${literal(status)} as _status,
    ${raw(String(run.runId))}::bigint as _by_run_id, ${literal(run.startedAt)} as _at, ${literal(userName())} as _by, _why`
}
