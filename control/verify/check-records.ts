import { join } from 'node:path'
import type { EngineRow } from '../../core/engine.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Layer } from '../layout.ts'
import { isLiveIn } from '../stored-files.ts'
import { without } from '../table-rows.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import { LAST_RESTORES } from './last-restores.ts'
import { REPLACED_ROWS } from './replaced-rows.ts'
import type { Verification } from './verification.ts'

/** Conservation once more, against the rows themselves: per upload, what the tables and the quarantine really hold of it. */
export async function checkRecords(verification: Verification): Promise<CheckResult> {
  const { stored, version } = verification
  const live = stored.filter((file) => isLiveIn(file, version) && (file.layer === 'dw' || file.layer === 'rejects'))
  const tables = [...new Set(live.map((file) => file.tableName))].sort()
  const findings: Finding[] = []
  let uploads = 0
  for (const tableName of tables) {
    for (const row of await compareTable(verification, tableName)) {
      uploads++
      const message = faultOf(row)
      if (message === null) continue
      findings.push({
        check: 'records',
        file: null,
        versions: [{ first: version, last: version }],
        message: `table ${tableName}, upload "${row.name ?? row.file_id}": ${message}`,
        remedy: null,
      })
    }
  }
  return { examined: `${counted(uploads, 'upload')} in ${counted(tables.length, 'table')}`, findings }
}

/** One row per upload: what the ledger says of it, and how many rows and records in quarantine the tables have of it. */
async function compareTable(verification: Verification, tableName: string): Promise<EngineRow[]> {
  const { engine } = verification
  const ofTable = sql`table_name = ${literal(tableName)}`
  const since = sql`coalesce((select restored_in from (${LAST_RESTORES}) where ${ofTable}), 0)`
  const returns = sql`(
    select
      file_id, by_file_id, case when run_id >= ${since} then loaded + updated else 0 end as written, quarantined,
      -- Rows that a repair has moved to quarantine are records that were not refused before.
      case when loaded < 0 then quarantined else 0 end as moved
    from lake.control.returns
    semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
    where ${ofTable})`
  return engine.rows(sql`
    with entries as (
      select
        file_id, any_value(name) as name, coalesce(sum(loaded + updated) filter (where run_id >= ${since}), 0) as written,
        sum(quarantined) as quarantined
      from lake.control.files
      semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
      where ${ofTable} and outcome in ('loaded', 'restored')
      group by file_id
    ),
    -- Corrected records stand under the file that they came with at first.
    moved as (
      select file_id, sum(written) as written, sum(quarantined) as quarantined
      from (
        select file_id, written, moved as quarantined from ${returns}
        union all
        select by_file_id, -written, -quarantined from ${returns}
      )
      group by file_id
    ),
    replaced as (select file_id, sum(rows) as replaced from (${REPLACED_ROWS}) where ${ofTable} group by file_id),
    held as (${countRecords(rowsOf(verification, tableName), sql`count(*)`)}),
    refused as (${countRecords(addresses(verification, tableName, 'rejects'), sql`count(distinct _line)`)})
    select
      file_id, name, (coalesce(entries.written, 0) + coalesce(moved.written, 0) - coalesce(replaced, 0))::bigint as expected,
      (coalesce(entries.quarantined, 0) + coalesce(moved.quarantined, 0))::bigint as quarantined,
      coalesce(held.records, 0) as rows, coalesce(refused.records, 0) as rejects
    from entries
    left join moved using (file_id)
    left join replaced using (file_id)
    full join held using (file_id)
    full join refused using (file_id)
    order by name, file_id`)
}

/** Rows of a table are those of its data files that have not been replaced; versions that are no longer current are among them. */
function rowsOf(verification: Verification, tableName: string): Sql {
  return without(addresses(verification, tableName, 'dw'), pathsOf(verification, tableName, 'replaced'))
}

function addresses(verification: Verification, tableName: string, layer: 'dw' | 'rejects'): Sql {
  const paths = pathsOf(verification, tableName, layer)
  if (paths.length === 0) return sql`select ''::varchar as _file_id, 0::bigint as _line where false`
  return sql`select _file_id, _line from ${readParquet(paths)}`
}

/** By upload. */
function countRecords(records: Sql, count: Sql): Sql {
  return sql`select _file_id as file_id, ${count} as records from (${records}) group by _file_id`
}

function pathsOf({ stored, version, layout }: Verification, tableName: string, layer: Layer): string[] {
  return stored
    .filter((file) => file.layer === layer && file.tableName === tableName && isLiveIn(file, version))
    .map((file) => join(layout.lake, file.path))
}

function faultOf(row: EngineRow): string | null {
  if (row.rows === row.expected && row.rejects === row.quarantined) return null
  return `${row.rows} rows and ${row.rejects} refused records; expected ${row.expected} and ${row.quarantined}`
}
