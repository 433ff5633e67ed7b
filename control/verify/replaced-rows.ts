import type { Engine } from '../../core/engine.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { hasControlTable } from '../migrate.ts'

/**
 * A query of the rows that runs which count today have replaced, by `table_name` and `file_id` of the upload that had brought
 * them. A lake that no run of this droplake has written has none.
 */
export async function readReplacedRows(engine: Engine): Promise<Sql> {
  if (!(await hasControlTable(engine, 'lake', 'replaced_rows')))
    return sql`select '' as table_name, '' as file_id, 0 as rows where false`
  return sql`
    select table_name, file_id, rows
    from lake.control.replaced_rows
    semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)`
}
