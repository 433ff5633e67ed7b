import type { Engine } from '../../core/engine.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { hasControlTable } from '../migrate.ts'
import { readLastRestores } from './last-restores.ts'

/**
 * A query of the rows that runs which count today have replaced since the last restore of their table, by `table_name` and `file_id` of the upload that had brought
 * them. A lake that no run of this droplake has written has none.
 */
export async function readReplacedRows(engine: Engine): Promise<Sql> {
  if (!(await hasControlTable(engine, 'lake', 'replaced_rows')))
    return sql`select '' as table_name, '' as file_id, 0 as rows where false`
  return sql`
    select table_name, file_id, rows
    from lake.control.replaced_rows
    left join (${await readLastRestores(engine)}) using (table_name)
    semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
    where run_id >= coalesce(restored_in, 0)`
}
