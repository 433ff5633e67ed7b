import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** A table whose contract says how old its newest row may be, as the last run that looked found it. */
export interface TableFreshness {
  readonly table: string
  readonly column: string
  /** The newest value, as text; null: the table has none. */
  readonly newest: string | null
  readonly ageMs: number | null
  readonly mostMs: number
  readonly isFresh: boolean
}

/** @returns tables with a `freshness` in their contract, by name */
export async function readFreshness(engine: Engine): Promise<TableFreshness[]> {
  const rows = await engine.rows(sql`
    select table_name, column_name, newest, age_seconds, max_age_seconds, is_fresh
    from control.freshness
    qualify row_number() over (partition by table_name order by run_id desc) = 1
    order by table_name`)
  return rows.map((row) => ({
    table: row.table_name as string,
    column: row.column_name as string,
    newest: row.newest as string | null,
    ageMs: row.age_seconds === null ? null : (row.age_seconds as number) * 1000,
    mostMs: (row.max_age_seconds as number) * 1000,
    isFresh: row.is_fresh as boolean,
  }))
}
