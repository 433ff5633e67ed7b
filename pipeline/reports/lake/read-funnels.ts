import type { Layer } from '../../../control/layout.ts'
import { type Counts, NO_COUNTS } from '../../../control/ledger.ts'
import { countTableRows } from '../../../control/table-rows.ts'
import type { Config } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** What became of all records that were ever read for a table: records = loaded + updated + unchanged + quarantined. */
export interface Funnel extends Counts {
  readonly table: string
  /** Files that were loaded, files with content that had been loaded before, files that could not be read. */
  readonly files: number
  readonly duplicates: number
  readonly refused: number
  /** Of the quarantined, those that a person or a row that came later has brought into the table since. */
  readonly returned: number
  /** Rows in `dw.<table>` now. */
  readonly rows: number
}

/** Runs that a rollback has undone do not count. */
export async function readFunnels(engine: Engine, tables: Config['tables']): Promise<Funnel[]> {
  const sums = await engine.rows<
    { table_name: string } & Record<keyof Omit<Funnel, 'table' | 'rows' | 'returned'>, number>
  >(sql`
    select
      table_name,
      count(*) filter (where outcome = 'loaded') as files,
      count(*) filter (where outcome = 'duplicate') as duplicates,
      count(*) filter (where outcome = 'refused') as refused,
      sum(files.records)::bigint as records,
      sum(files.loaded)::bigint as loaded,
      sum(files.updated)::bigint as updated,
      sum(files.unchanged)::bigint as unchanged,
      sum(files.quarantined)::bigint as quarantined
    from control.files as files
    join control.runs as runs using (run_id)
    where runs.status = 'committed' and table_name is not null and outcome <> 'restored'
    group by table_name
    order by table_name`)
  const returned = await readReturned(engine)
  const live = await engine.rows<{ layer: Layer; tableName: string; rows: number }>(sql`
    select layer, table_name as "tableName", rows from control.data_files where removed_in is null`)
  const names = new Set([...Object.keys(tables), ...sums.map((row) => row.table_name)])
  return [...names].map((table) => ({
    ...NOTHING,
    ...withoutName(sums.find((row) => row.table_name === table)),
    table,
    returned: returned.get(table) ?? 0,
    rows: countTableRows(live, table, Object.hasOwn(tables, table) ? tables[table] : undefined),
  }))
}

const NOTHING = { files: 0, duplicates: 0, refused: 0, ...NO_COUNTS }

function withoutName<Row extends { readonly table_name: string }>(
  row: Row | undefined,
): Omit<Row, 'table_name'> | undefined {
  if (row === undefined) return undefined
  const { table_name: _, ...counts } = row
  return counts
}

/** Records that were quarantined and have come into their table since, by table. */
async function readReturned(engine: Engine): Promise<Map<string, number>> {
  const rows = await engine.rows<{ table_name: string; returned: number }>(sql`
    select table_name, sum(returns.loaded + returns.updated + returns.unchanged)::bigint as returned
    from control.returns as returns
    join control.runs as runs using (run_id)
    where runs.status = 'committed'
    group by table_name`)
  return new Map(rows.map((row) => [row.table_name, row.returned]))
}
