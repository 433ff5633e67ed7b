import type { Project } from '../../core/config/load-config.ts'
import { literal, sql } from '../../core/sql.ts'
import { type Versions, withVersions } from './open-versions.ts'

/** One version of the lake. */
export interface VersionEntry {
  readonly version: number
  /** The run that made it, and which command it was. */
  readonly runId: number
  readonly command: string
  /** When it became visible, UTC, ISO 8601. */
  readonly madeAt: string | null
  /** A rollback has undone it since: its uploads count no more. */
  readonly isRolledBack: boolean
  /** False when a vacuum has taken its data files away. */
  readonly isReadable: boolean
  /** Rows by table of the DW layer. */
  readonly rows: Readonly<Record<string, number>>
}

/**
 * The versions of the lake, newest first.
 *
 * @param limit the most versions to tell
 * @throws {DroplakeError} LAKE_NOT_FOUND, LAKE_DAMAGED
 */
export async function listVersions(project: Project, limit: number): Promise<VersionEntry[]> {
  return withVersions(project, async (versions) => {
    const { engine, oldest } = versions
    const runs = await engine.rows<{
      version: number
      run_id: number
      command: string
      ended_at: Date | null
      status: string
    }>(sql`
      select
        version, min(run_id) as run_id, arg_min(ended_at, run_id) as ended_at, arg_min(status, run_id) as status,
        arg_min(command, run_id) as command
      from lake.control.runs
      where status in ('committed', 'rolled_back') and version > 0
      group by version
      order by version desc
      limit ${limit}`)
    const rowsOf = await readRowCounts(versions)
    return runs.map((run) => ({
      version: run.version,
      runId: run.run_id,
      command: run.command,
      madeAt: run.ended_at?.toISOString() ?? null,
      isRolledBack: run.status === 'rolled_back',
      isReadable: run.version >= oldest,
      rows: rowsOf(run.version),
    }))
  })
}

/** Rows by table in any version: what data files add to it and take from it, summed up to that version. */
async function readRowCounts({ engine, project }: Versions): Promise<(version: number) => Record<string, number>> {
  const { tables } = project.config
  // The versions of rows that are no longer current are part of a table that keeps the history.
  const currentOnly = Object.keys(tables).filter((name) => tables[name]?.onConflict !== 'history')
  const changes = await engine.rows<{ table_name: string; version: number; rows: number }>(sql`
    with counted as (
      select table_name, added_in, removed_in, case when layer = 'dw' then rows else -rows end as rows
      from lake.control.data_files
      where layer in ('dw', 'replaced') or (layer = 'closed' and list_contains(${literal(currentOnly)}, table_name))
    )
    select table_name, added_in as version, sum(rows)::bigint as rows
    from counted
    group by all
    union all
    select table_name, removed_in, -sum(rows)::bigint
    from counted
    where removed_in is not null
    group by all
    order by table_name`)
  return (version) => {
    const counts: Record<string, number> = {}
    for (const change of changes) {
      if (change.version <= version) counts[change.table_name] = (counts[change.table_name] ?? 0) + change.rows
    }
    return counts
  }
}
