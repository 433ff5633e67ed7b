import type { Lake } from '../../../control/lake.ts'
import { changesRows } from '../../../core/config/changes-rows.ts'
import { ident, sql } from '../../../core/sql.ts'
import { FILE_ORIGINS } from '../origins.ts'
import { RETURNED } from '../returned/find-returned.ts'
import type { TableInput } from '../table-input.ts'
import { MEMBERS } from './gather-members.ts'
import { keyNames, sameKey } from './key-sql.ts'

/** Members that have come back and are older than the row of their key: `_no`, and `_row_no` of that row. It stays as it is. */
export const LATE = ident('late_members')

/** Whether any record could take the place of a newer row: only those do that were in quarantine meanwhile. */
export function mayBeLate({ table, parts }: TableInput): boolean {
  return changesRows(table) && parts.some((part) => part.isReturned)
}

/** Find the late members. A record counts at the place where it came first: by run, file and line. */
export async function findLate({ engine }: Lake, { table }: TableInput): Promise<void> {
  const key = keyNames(table.primaryKey)
  await engine.run(sql`
    create or replace temp table ${LATE} as
    with
    _placed as (
      select _no, _kind, ${key}, _file_id, _line, row(_came_in, _came_as, _line) as _origin
      from (select * from ${MEMBERS}) join ${FILE_ORIGINS} using (_file_id)
    ),
    _returned as (
      from _placed semi join (select _file_id, _line from ${RETURNED} where _entry_run_id is not null) using (_file_id, _line)
      where _kind <> 'row'
    )
    select _returned._no, _rows._no as _row_no
    from _returned join (from _placed where _kind = 'row') as _rows on ${sameKey('_returned', '_rows', table.primaryKey)}
    where _returned._origin < _rows._origin`)
}
