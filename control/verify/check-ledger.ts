import type { EngineRow } from '../../core/engine.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { heldMarts } from '../held-marts.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import type { Verification } from './verification.ts'

/** The ledger is honest: statuses, numbers of runs, order of versions, and what its tables say of one another. */
export async function checkLedger(verification: Verification): Promise<CheckResult> {
  const { engine, version } = verification
  const findings: Finding[] = []
  for (const { query, tell } of QUESTIONS) {
    for (const row of await engine.rows(query)) {
      const concerned = (row.version as number | null) ?? version
      findings.push({
        check: 'ledger',
        file: (row.path as string | null | undefined) ?? null,
        versions: [{ first: concerned, last: concerned }],
        message: tell(row),
        remedy: null,
      })
    }
  }
  const { runs } = await engine.row<{ runs: number }>(sql`select count(*) as runs from lake.control.runs`)
  return { examined: `${counted(runs, 'run')}, ${counted(verification.stored.length, 'data file')}`, findings }
}

interface Question {
  /** Its rows are what is not as it has to be. */
  readonly query: Sql
  readonly tell: (row: EngineRow) => string
}

const STATUSES: Question = {
  query: sql`
    select run_id, version, status, error, ended_at is null as is_open
    from lake.control.runs
    where status not in ('committed', 'rolled_back', 'failed', 'interrupted')
      or (status in ('failed', 'interrupted')) <> (error is not null)
      or (status in ('committed', 'rolled_back', 'failed') and ended_at is null)
    order by run_id`,
  tell: (row) =>
    `run ${row.run_id} is "${row.status}" with ${row.error === null ? 'no cause' : 'a cause'} and ${row.is_open ? 'no end' : 'an end'}; expected committed, rolled_back, failed or interrupted, a cause only of the last two, and an end`,
}

const NUMBERS: Question = {
  query: sql`
    select run_id, any_value(version) as version, count(*) as times, max(run_id) over () as last
    from lake.control.runs
    group by run_id
    having count(*) > 1
    union all
    select run_id, null, 0, last
    from (select unnest(range(1, last + 1)) as run_id, last from (select coalesce(max(run_id), 0) as last from lake.control.runs))
    anti join lake.control.runs using (run_id)
    order by run_id`,
  tell: (row) => `run ${row.run_id} is in control.runs ${row.times} times; expected every number up to the newest once`,
}

const VERSIONS: Question = {
  query: sql`
    select run_id, version, before
    from (
      select run_id, version, lag(version, 1, 0) over (order by run_id) as before
      from lake.control.runs
      where status in ('committed', 'rolled_back')
    )
    where version not in (before, before + 1)
    order by run_id`,
  tell: (row) =>
    `run ${row.run_id} has version ${row.version} after version ${row.before}; expected the same or the next`,
}

const NEWEST: Question = {
  query: sql`
    select lake.version, coalesce(max(runs.version) filter (where status in ('committed', 'rolled_back')), 0) as newest
    from lake.control.lake as lake
    left join lake.control.runs as runs on true
    group by lake.version
    having lake.version <> newest`,
  tell: (row) => `the lake says version ${row.version}, but its newest committed run ${row.newest}`,
}

const DATA_FILES: Question = {
  query: sql`
    select path, added_in as version, removed_in, run_id, status
    from lake.control.data_files
    left join (select run_id, status from lake.control.runs) using (run_id)
    where status is null or status not in ('committed', 'rolled_back') or added_in < 1 or removed_in <= added_in
      or greatest(added_in, removed_in) > (select version from lake.control.lake)
    order by path`,
  tell: (row) =>
    `versions [${row.version}, ${row.removed_in ?? 'open'}) by run ${row.run_id} (${row.status ?? 'unknown'}); expected a committed run and versions that the lake has`,
}

/**
 * Every change of a table or mart makes the marts that read it anew, or declares them unchanged, in the same version; but for
 * those that were held back.
 */
const MARTS: Question = {
  query: sql`
    with inputs as (
      select
        case layer when 'app' then 'app.' else 'dw.' end || table_name as input,
        max(greatest(added_in, coalesce(removed_in, 0))) as changed_in
      from lake.control.data_files
      where layer in ('dw', 'replaced', 'closed', 'app')
      group by all
    )
    select path, added_in as version, input, changed_in
    from lake.control.data_files
    join lake.control.mart_inputs using (path)
    join inputs using (input)
    where layer = 'app' and removed_in is null and added_in < changed_in
      and table_name not in (select mart_name from (${heldMarts('lake')}))
    order by path, input`,
  tell: (row) =>
    `the mart is of version ${row.version}, but ${row.input}, which it reads, has changed in version ${row.changed_in}`,
}

const QUESTIONS: readonly Question[] = [STATUSES, NUMBERS, VERSIONS, NEWEST, DATA_FILES, MARTS]
