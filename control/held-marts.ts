import type { Engine } from '../core/engine.ts'
import { ident, type Sql, sql } from '../core/sql.ts'

/**
 * A query of the marts that are held back today: `run_id`, `mart_name`, `reason`. A run says of every mart what became of it,
 * so that the last one which counts tells; rollbacks and the like do not ask.
 */
export function heldMarts(catalog: string): Sql {
  const [results, runs] = [ident(catalog, 'control', 'mart_results'), ident(catalog, 'control', 'runs')]
  return sql`
    select run_id, mart_name, reason
    from ${results}
    where outcome = 'held_back' and run_id = (
      select max(run_id) from ${results} join ${runs} as _runs using (run_id) where _runs.status = 'committed'
    )`
}

/**
 * By name of a mart that is held back today: by which run, and why.
 *
 * @param attached the name of the lake's catalog; unset: the one that the engine has opened
 */
export async function readHeldMarts(engine: Engine, attached?: string): Promise<Map<string, string>> {
  const { current } = await engine.row<{ current: string }>(sql`select current_database() as current`)
  const catalog = attached ?? current
  const rows = await engine.rows<{ run_id: number; mart_name: string; reason: string }>(
    sql`${heldMarts(catalog)} order by mart_name`,
  )
  return new Map(rows.map((row) => [row.mart_name, `held back in run ${row.run_id}: ${row.reason}`]))
}
