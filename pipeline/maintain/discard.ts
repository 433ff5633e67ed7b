import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { type EntryFilter, selectEntries, withQuarantine } from '../../control/quarantine/open-quarantine.ts'
import type { Project } from '../../core/config/load-config.ts'
import { requireTable } from '../../core/config/require-table.ts'
import { literal, raw, type Sql, sql } from '../../core/sql.ts'
import { userName } from '../../core/user-name.ts'
import { planInbox } from '../inbox/plan-inbox.ts'
import { type Change, type Maintained, maintain, settle } from './maintain.ts'

/** Open records that are given up. */
export interface DiscardPlan {
  readonly table: string
  readonly records: number
  /** The first few: `employees.csv:67`. */
  readonly examples: readonly string[]
}

/** What `discard` would do, without doing it. @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_NOT_FOUND, LAKE_DAMAGED */
export async function planDiscard(project: Project, tableName: string, filter: EntryFilter): Promise<DiscardPlan> {
  requireTable(project, tableName)
  return withQuarantine(project, async ({ versions, entriesOf }) => {
    const found = given(entriesOf(tableName, filter))
    const { records } = await versions.engine.row<{ records: number }>(sql`select count(*) as records from (${found})`)
    const examples = await versions.engine.rows<{ place: string }>(
      sql`select _file || ':' || _line as place from (${found}) order by _file, _line limit 5`,
    )
    return { table: tableName, records, examples: examples.map(({ place }) => place) }
  })
}

/**
 * Give up records of the quarantine: they become `discarded`, with who did it, when and why. Nothing is deleted, and a rollback
 * brings them back.
 *
 * @param why a person's reason
 * @returns null when none matches
 * @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_BUSY, LAKE_DAMAGED
 */
export async function discard(
  project: Project,
  tableName: string,
  filter: EntryFilter,
  why: string,
  options: OpenOptions,
): Promise<(Maintained & { readonly records: number }) | null> {
  requireTable(project, tableName)
  return withLake(project, options, async (lake) => {
    const entries = given(selectEntries(project, lake.layout, lake.state.dataFiles, tableName, filter))
    const { records } = await lake.engine.row<{ records: number }>(sql`select count(*) as records from (${entries})`)
    if (records === 0) return null
    const leftover = await settle(lake)
    const maintained = await maintain(lake, leftover, `quarantine discard ${tableName}`, (run) =>
      writeDiscarded(lake, run, tableName, entries, why),
    )
    return { ...maintained, records }
  })
}

/** Records that wait can be given up as well. */
function given(entries: Sql): Sql {
  return sql`select * from (${entries}) where _status in ('open', 'waiting')`
}

async function writeDiscarded(lake: Lake, run: Run, tableName: string, entries: Sql, why: string): Promise<Change> {
  const outcomes = await writeDataFile(
    lake,
    run,
    { layer: 'outcomes', tableName },
    sql`
      select
        _id, _run_id, 'discarded' as _status, ${raw(String(run.runId))}::bigint as _by_run_id, ${literal(run.startedAt)} as _at,
        ${literal(userName())} as _by, ${literal(why)} as _why
      from (${entries})
      order by _id`,
  )
  const added = outcomes === null ? [] : [outcomes]
  const { dataFiles } = lake.state
  return {
    entries: { dataFiles: added },
    delivery: { inbox: await planInbox(lake, dataFiles, [...dataFiles, ...added]) },
  }
}
