import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { ident, join, raw, sql } from '../../core/sql.ts'
import { CHECKED, type TableInput } from './check-records.ts'
import { KEY_CONFLICTS } from './find-key-conflicts.ts'

/** Write the records that break no rule as typed rows of the table. */
export async function writeRows(lake: Lake, run: Run, input: TableInput): Promise<DataFile | null> {
  const columns = join(
    Object.keys(input.table.columns).map((name) => ident(name)),
    ', ',
  )
  const query = sql`
    select ${columns}, _file_id, _line, ${raw(String(run.runId))}::bigint as _run_id
    from ${CHECKED}
    where not _broken and _position not in (select _position from ${KEY_CONFLICTS})`
  return writeDataFile(lake, run, { layer: 'dw', tableName: input.tableName }, query)
}
