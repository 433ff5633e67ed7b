import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'
import { RECENT_RUNS } from './read-runs.ts'

/** Reasons that the index shows. */
const MOST_REASONS = 8

/** A rule that records broke in the last runs. */
export interface Reason {
  readonly table: string
  readonly rule: string
  /** What becomes of such a record: `quarantine`, `warn` (it is loaded), `refuse` (its whole file is). */
  readonly severity: string
  /** Records that broke it, over these runs. */
  readonly records: number
  /** By run, oldest first; 0 where none did. */
  readonly trend: readonly number[]
  /** The newest example: `employees.csv:257`. */
  readonly example: string
}

export interface Reasons {
  readonly shown: readonly Reason[]
  /** Rules that are not shown. */
  readonly more: number
  /** Runs with uploads that were looked at, oldest first. */
  readonly runIds: readonly number[]
}

/** The most frequent reasons over the last runs that took any upload. */
export async function readReasons(engine: Engine): Promise<Reasons> {
  const runs = await engine.rows<{ run_id: number }>(sql`
    select run_id from control.runs where status = 'committed' and files > 0 order by run_id desc limit ${RECENT_RUNS}`)
  const runIds = runs.map((run) => run.run_id).reverse()
  const rows = await engine.rows<{
    table_name: string
    rule: string
    severity: string
    records: number
    run_ids: readonly number[]
    by_run: readonly number[]
    example: string
  }>(sql`
    select
      table_name, rule, arg_max(severity, run_id) as severity, sum(records)::bigint as records,
      list(run_id order by run_id) as run_ids, list(records order by run_id) as by_run,
      arg_max(example_file || ':' || example_line, run_id) as example
    from control.rule_results
    where run_id in (select run_id from control.runs where status = 'committed') and run_id >= ${runIds[0] ?? 0}
    group by table_name, rule
    order by sum(records) desc, table_name, rule`)
  const reasons = rows.map((row) => {
    const byRun = new Map(row.run_ids.map((runId, index) => [runId, row.by_run[index] ?? 0]))
    return {
      table: row.table_name,
      rule: row.rule,
      severity: row.severity,
      records: row.records,
      trend: runIds.map((runId) => byRun.get(runId) ?? 0),
      example: row.example,
    }
  })
  return { shown: reasons.slice(0, MOST_REASONS), more: Math.max(0, reasons.length - MOST_REASONS), runIds }
}
