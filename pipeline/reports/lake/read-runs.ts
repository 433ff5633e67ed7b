import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'

/** Runs that the index lists, and over which it follows reasons. */
export const RECENT_RUNS = 20

export interface RunLine {
  readonly runId: number
  readonly command: string
  readonly status: string
  readonly version: number
  readonly startedAt: Date
  readonly files: number
  readonly refused: number
  readonly records: number
  readonly loaded: number
  readonly updated: number
  readonly unchanged: number
  readonly quarantined: number
  /** The first line of what went wrong; null when nothing did. */
  readonly error: string | null
}

/** The last runs, newest first. */
export async function readRuns(engine: Engine): Promise<RunLine[]> {
  const rows = await engine.rows(sql`
    select
      run_id, command, status, version, started_at, files, refused, records, loaded, updated, unchanged, quarantined,
      split_part(error, chr(10), 1) as error
    from control.runs
    order by run_id desc
    limit ${RECENT_RUNS}`)
  return rows.map((row) => ({
    runId: row.run_id as number,
    command: (row.command as string | null) ?? 'run',
    status: row.status as string,
    version: row.version as number,
    startedAt: row.started_at as Date,
    files: row.files as number,
    refused: row.refused as number,
    records: row.records as number,
    loaded: row.loaded as number,
    updated: row.updated as number,
    unchanged: row.unchanged as number,
    quarantined: row.quarantined as number,
    error: row.error as string | null,
  }))
}
