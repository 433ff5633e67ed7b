import type { Config } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** A mart with the number of its rows over the versions. */
export interface MartLine {
  readonly mart: string
  readonly title: string
  readonly rows: number
  /** The version in which it has changed last. */
  readonly version: number
  /** Rows in each version that changed it, oldest first, the last few. */
  readonly history: readonly number[]
}

const MOST_VERSIONS = 30

/** The marts, in the order of the config. */
export async function readMartLines(engine: Engine, marts: Config['marts']): Promise<MartLine[]> {
  const rows = await engine.rows<{ name: string; added: readonly number[]; rows: readonly number[] }>(sql`
    select table_name as name, list(added_in order by added_in) as added, list(rows order by added_in) as rows
    from control.data_files
    where layer = 'app'
    group by table_name
    having count(*) filter (where removed_in is null) > 0
    order by table_name`)
  const order = Object.keys(marts)
  const placeOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const sorted = [...rows].sort((a, b) => placeOf(a.name) - placeOf(b.name))
  return sorted.map(({ name, added, rows }) => ({
    mart: name,
    title: (Object.hasOwn(marts, name) ? marts[name]?.report?.title : undefined) ?? name.replaceAll('_', ' '),
    rows: rows.at(-1) ?? 0,
    version: added.at(-1) ?? 0,
    history: rows.slice(-MOST_VERSIONS),
  }))
}
