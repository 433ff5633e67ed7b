import type { EngineRow } from '../../core/engine.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import { LAST_RESTORES } from './last-restores.ts'
import { REPLACED_ROWS } from './replaced-rows.ts'
import type { Verification } from './verification.ts'

/** No record is lost: records = loaded + updated + unchanged + quarantined, for each file, each run, and each table. */
export async function checkConservation(verification: Verification): Promise<CheckResult> {
  const { engine } = verification
  const { files, runs } = await engine.row<{ files: number; runs: number }>(
    sql`select (select count(*) from lake.control.files) as files, (select count(*) from lake.control.runs) as runs`,
  )
  const questions = [FILES, RUNS, TABLES]
  const findings: Finding[] = []
  for (const { query, tell } of questions) {
    for (const row of await engine.rows(query)) {
      const version = (row.version as number | null) ?? verification.version
      findings.push({
        check: 'conservation',
        file: null,
        versions: [{ first: version, last: version }],
        message: tell(row),
        remedy: null,
      })
    }
  }
  return { examined: `${counted(files, 'upload')} of ${counted(runs, 'run')}`, findings }
}

interface Question {
  /** Its rows are what does not add up. */
  readonly query: Sql
  readonly tell: (row: EngineRow) => string
}

const FILES: Question = {
  query: sql`
    select files.run_id, version, name, records, accounted
    from (select *, loaded + updated + unchanged + quarantined as accounted from lake.control.files) as files
    left join (select run_id, version from lake.control.runs) as runs using (run_id)
    where records <> accounted
    order by run_id, name`,
  tell: (row) => `"${row.name}" of run ${row.run_id}: ${row.records} records, but ${row.accounted} are accounted for`,
}

const RUNS: Question = {
  query: sql`
    with sums as (
      select
        run_id, count(*) as files,
        count(*) filter (where outcome = 'refused') as refused, count(*) filter (where outcome = 'duplicate') as duplicates,
        sum(records) as records, sum(loaded) as loaded, sum(updated) as updated, sum(unchanged) as unchanged, sum(quarantined) as quarantined
      from lake.control.files
      group by run_id
    ),
    compared as (
      select
        run_id, version,
        [runs.files, runs.refused, runs.duplicates, runs.records, runs.loaded, runs.updated, runs.unchanged, runs.quarantined] as told,
        list_transform(
          [sums.files, sums.refused, sums.duplicates, sums.records, sums.loaded, sums.updated, sums.unchanged, sums.quarantined],
          lambda count: coalesce(count, 0)::bigint
        ) as counted
      from lake.control.runs as runs
      full join sums using (run_id)
    )
    select run_id, version, told::varchar as told, counted::varchar as counted
    from compared
    where told is distinct from counted
    order by run_id`,
  tell: (row) =>
    `run ${row.run_id}: its files, refused, duplicates, records, loaded, updated, unchanged, quarantined are ${row.told}; its uploads add up to ${row.counted}`,
}

/**
 * What the uploads that count today have brought lies in the live data files; compaction, rollback and restore keep that true. Records
 * that came back from quarantine without an upload add rows, too. Those that an upload corrects, and that are still refused, are
 * in quarantine once: only where it gave them other values or reasons has it added an entry.
 */
const TABLES: Question = {
  query: sql`
    with committed as (select run_id from lake.control.runs where status = 'committed'),
    restores as (${LAST_RESTORES}),
    brought as (
      select
        table_name, sum(loaded + updated) filter (where run_id >= coalesce(restored_in, 0)) as written,
        sum(quarantined) as quarantined
      from lake.control.files
      semi join committed using (run_id)
      left join restores using (table_name)
      where table_name is not null
      group by table_name
    ),
    returned as (
      select
        table_name, sum(loaded + updated) filter (where by_file_id is null and run_id >= coalesce(restored_in, 0)) as written,
        sum(quarantined) filter (where by_file_id is not null) as quarantined, sum(new_entries) as new_entries
      from lake.control.returns
      semi join committed using (run_id)
      left join restores using (table_name)
      group by table_name
    ),
    replaced as (select table_name, sum(rows) as replaced from (${REPLACED_ROWS}) group by table_name),
    expected as (
      select
        table_name, (coalesce(brought.written, 0) + coalesce(returned.written, 0) - coalesce(replaced, 0))::bigint as rows,
        (coalesce(brought.quarantined, 0) - coalesce(returned.quarantined, 0) + coalesce(new_entries, 0))::bigint as rejects
      from brought
      full join returned using (table_name)
      left join replaced using (table_name)
    ),
    held as (
      select
        table_name, sum(case layer when 'dw' then rows when 'replaced' then -rows else 0 end)::bigint as rows,
        coalesce(sum(rows) filter (where layer = 'rejects'), 0)::bigint as rejects
      from lake.control.data_files
      where removed_in is null and layer in ('dw', 'replaced', 'rejects')
      group by table_name
    )
    select
      null::bigint as version, table_name, coalesce(expected.rows, 0) as expected_rows, coalesce(held.rows, 0) as rows,
      coalesce(expected.rejects, 0) as expected_rejects, coalesce(held.rejects, 0) as rejects
    from expected
    full join held using (table_name)
    where expected_rows <> coalesce(held.rows, 0) or expected_rejects <> coalesce(held.rejects, 0)
    order by table_name`,
  tell: (row) =>
    `table ${row.table_name}: its live data files have ${row.rows} rows and ${row.rejects} entries of the quarantine; expected ${row.expected_rows} and ${row.expected_rejects} from what its uploads brought, what came back and what was replaced`,
}
