import type { Config } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** A mart with the number of its rows over the versions. */
export interface MartLine {
  readonly mart: string
  readonly title: string
  readonly rows: number
  /** The version in which it has changed last; 0 while none has been published. */
  readonly version: number
  /** Rows in each version that changed it, oldest first, the last few. */
  readonly history: readonly number[]
  /** Why the last run kept a new version from being published; null when it did not. */
  readonly heldBack: string | null
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
  const heldBack = await readHeldBack(engine)
  const order = Object.keys(marts)
  const placeOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const unpublished = [...heldBack.keys()]
    .filter((name) => rows.every((row) => row.name !== name))
    .map((name) => ({ name, added: [], rows: [] }))
  const sorted = [...rows, ...unpublished].sort((a, b) => placeOf(a.name) - placeOf(b.name))
  return sorted.map(({ name, added, rows }) => ({
    mart: name,
    title: (Object.hasOwn(marts, name) ? marts[name]?.report?.title : undefined) ?? name.replaceAll('_', ' '),
    rows: rows.at(-1) ?? 0,
    version: added.at(-1) ?? 0,
    history: rows.slice(-MOST_VERSIONS),
    heldBack: heldBack.get(name) ?? null,
  }))
}

/** Marts whose newest result is that their tests failed, and why. */
async function readHeldBack(engine: Engine): Promise<Map<string, string>> {
  const rows = await engine.rows<{ mart_name: string; reason: string | null }>(sql`
    with newest as (
      from control.mart_results
      qualify row_number() over (partition by mart_name order by run_id desc) = 1
    )
    select mart_name, reason from newest where outcome = 'held_back'`)
  return new Map(rows.map((row) => [row.mart_name, row.reason ?? 'its tests failed']))
}
