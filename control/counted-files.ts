import type { Engine } from '../core/engine.ts'
import { ident, type Sql, sql } from '../core/sql.ts'
import { hasControlTable } from './migrate.ts'

/**
 * The entries of control.files that count today, with `is_held`: whether the rows that they brought are still in their table.
 * What a rollback has undone does not count; what was brought before the last restore of its table is held only where the
 * restore brought it again, and then stands in the restore's own entry. Refused records stay whatever is restored.
 */
export async function countedFiles(engine: Engine, catalog: string): Promise<Sql> {
  const table = (name: string) => ident(catalog, 'control', name)
  const committed = sql`select run_id from ${table('runs')} where status = 'committed'`
  if (!(await hasControlTable(engine, catalog, 'restores')))
    return sql`(select *, true as is_held from ${table('files')} semi join (${committed}) using (run_id))`
  return sql`(
    select entries.*, run_id >= coalesce(restored_in, 0) as is_held
    from (select * from ${table('files')} semi join (${committed}) using (run_id)) as entries
    left join (
      select table_name, max(run_id) as restored_in
      from ${table('restores')} semi join (${committed}) using (run_id)
      group by table_name
    ) using (table_name)
  )`
}
