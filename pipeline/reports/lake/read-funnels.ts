import type { Counts } from '../../../control/ledger.ts'
import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** What became of all records that were ever read for a table: records = loaded + updated + unchanged + quarantined. */
export interface Funnel extends Counts {
  readonly table: string
  /** Files that were loaded, files with content that had been loaded before, files that could not be read. */
  readonly files: number
  readonly duplicates: number
  readonly refused: number
  /** Rows in `dw.<table>` now. */
  readonly rows: number
}

/** @param tables names, in the order of the config. Runs that a rollback has undone do not count. */
export async function readFunnels(engine: Engine, tables: readonly string[]): Promise<Funnel[]> {
  const rows = await engine.rows<{ table_name: string } & Record<keyof Omit<Funnel, 'table'>, number>>(sql`
    with counted as (
      select files.*
      from control.files as files
      join control.runs as runs using (run_id)
      where runs.status = 'committed'
    ),
    sums as (
      select
        table_name,
        count(*) filter (where outcome = 'loaded') as files,
        count(*) filter (where outcome = 'duplicate') as duplicates,
        count(*) filter (where outcome = 'refused') as refused,
        sum(counted.records)::bigint as records,
        sum(counted.loaded)::bigint as loaded,
        sum(counted.updated)::bigint as updated,
        sum(counted.unchanged)::bigint as unchanged,
        sum(counted.quarantined)::bigint as quarantined
      from counted
      where table_name is not null
      group by table_name
    ),
    held as (
      select table_name, sum(rows)::bigint as rows
      from control.data_files
      where layer = 'dw' and removed_in is null
      group by table_name
    )
    select
      table_name, coalesce(files, 0) as files, coalesce(duplicates, 0) as duplicates, coalesce(refused, 0) as refused,
      coalesce(records, 0) as records, coalesce(loaded, 0) as loaded, coalesce(updated, 0) as updated,
      coalesce(unchanged, 0) as unchanged, coalesce(quarantined, 0) as quarantined, coalesce(rows, 0) as rows
    from sums
    full join held using (table_name)`)
  const found = new Map(rows.map((row) => [row.table_name, row]))
  const names = [
    ...tables,
    ...rows
      .map((row) => row.table_name)
      .filter((name) => !tables.includes(name))
      .sort(),
  ]
  return names.map((table) => {
    const row = found.get(table)
    return {
      table,
      files: row?.files ?? 0,
      duplicates: row?.duplicates ?? 0,
      refused: row?.refused ?? 0,
      records: row?.records ?? 0,
      loaded: row?.loaded ?? 0,
      updated: row?.updated ?? 0,
      unchanged: row?.unchanged ?? 0,
      quarantined: row?.quarantined ?? 0,
      rows: row?.rows ?? 0,
    }
  })
}
