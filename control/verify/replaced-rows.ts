import { type Sql, sql } from '../../core/sql.ts'
import { LAST_RESTORES } from './last-restores.ts'

/**
 * A query of the rows that runs which count today have replaced since the last restore of their table, by `table_name` and `file_id` of the upload that had brought
 * them.
 */
export const REPLACED_ROWS: Sql = sql`
  select table_name, file_id, rows
  from lake.control.replaced_rows
  left join (${LAST_RESTORES}) using (table_name)
  semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
  where run_id >= coalesce(restored_in, 0)`
