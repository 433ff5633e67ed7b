import { writeDataFile } from '../../../control/data-files.ts'
import type { Lake, Run } from '../../../control/lake.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { raw, sql } from '../../../core/sql.ts'
import type { TableInput } from '../table-input.ts'
import { VERSIONS } from './find-changes.ts'

/**
 * Write down which rows of the table are no longer in it (`update`) or no longer current (`history`), and for what record: their
 * own data files stay as they are.
 *
 * @returns null when no row has changed
 */
export async function writeChanges(lake: Lake, run: Run, { tableName, table }: TableInput): Promise<DataFile | null> {
  const runId = raw(String(run.runId))
  if (table.onConflict === 'update')
    return writeDataFile(
      lake,
      run,
      { layer: 'replaced', tableName },
      sql`
        select _file_id, _line, _last_file_id as _by_file_id, _last_line as _by_line, ${runId}::bigint as _run_id
        from ${VERSIONS}
        where _kind = 'row' and _next_line is not null
        order by _file_id, _line`,
    )
  if (table.onConflict === 'history')
    return writeDataFile(
      lake,
      run,
      { layer: 'closed', tableName },
      sql`
        select _file_id, _line, _valid_to, _next_file_id as _by_file_id, _next_line as _by_line, ${runId}::bigint as _run_id
        from ${VERSIONS}
        where _next_line is not null
        order by _file_id, _line`,
    )
  return null
}
