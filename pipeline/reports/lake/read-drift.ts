import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** Columns that came in files and that the table does not have. */
export interface Drift {
  readonly table: string
  readonly column: string
  /** Files that had it, and the newest of them. */
  readonly files: number
  readonly newestFile: string
  readonly newestRunId: number
}

const MOST = 20

/** Schema drift: what headers and keys of loaded files had more than the contract; their values stand in `ods.<table>._extra`. */
export async function readDrift(engine: Engine): Promise<Drift[]> {
  return engine.rows<{ table: string; column: string; files: number; newestFile: string; newestRunId: number }>(sql`
    with extras as (
      select table_name, name, run_id, unnest(from_json(coalesce(dialect->'$.extra', '[]'), '["VARCHAR"]')) as column_name
      from control.files
      join control.runs using (run_id)
      where outcome = 'loaded' and runs.status = 'committed' and dialect is not null
    )
    select
      table_name as "table", column_name as "column", count(*) as files,
      arg_max(name, run_id) as "newestFile", max(run_id) as "newestRunId"
    from extras
    group by all
    order by max(run_id) desc, table_name, column_name
    limit ${MOST}`)
}
