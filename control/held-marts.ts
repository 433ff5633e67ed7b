import type { Engine } from '../core/engine.ts'
import { ident, type Sql, sql } from '../core/sql.ts'
import { hasControlTable } from './migrate.ts'

/**
 * A query of the marts that are held back today: `mart_name`, `reason`. Every run says of every mart whether it is, so that
 * the last one which counts tells; rollbacks and the like do not ask.
 */
export function heldMarts(catalog: string): Sql {
  const [held, runs] = [ident(catalog, 'control', 'held_marts'), ident(catalog, 'control', 'runs')]
  return sql`
    select run_id, mart_name, reason
    from ${held}
    where run_id = (select max(run_id) from ${runs} where status = 'committed' and command = 'run')`
}

/** By name of a mart that is held back today: since which run, and why. */
export async function readHeldMarts(engine: Engine, catalog: string): Promise<Map<string, string>> {
  if (!(await hasControlTable(engine, catalog, 'held_marts'))) return new Map()
  const rows = await engine.rows<{ run_id: number; mart_name: string; reason: string }>(
    sql`${heldMarts(catalog)} order by mart_name`,
  )
  return new Map(rows.map((row) => [row.mart_name, `held back in run ${row.run_id}: ${row.reason}`]))
}
