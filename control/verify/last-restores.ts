import { type Sql, sql } from '../../core/sql.ts'

/**
 * A query of `table_name` and `restored_in`, the last run that counts today and restored the table. Rows that runs before it have
 * brought are in the table only where the restore has brought them again; records that they refused stay in quarantine.
 */
export const LAST_RESTORES: Sql = sql`
  select table_name, max(run_id) as restored_in
  from lake.control.restores
  semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
  group by table_name`
