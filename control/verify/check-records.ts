import { join } from 'node:path'
import type { EngineRow } from '../../core/engine.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Layer } from '../layout.ts'
import { returnsTable } from '../migrate.ts'
import { isLiveIn } from '../stored-files.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
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
  const returns = await returnsTable(engine, 'lake')
  return engine.rows(sql`
    with
    committed as (select run_id from lake.control.runs where status = 'committed'),
    entries as (
      select file_id, any_value(name) as name, sum(loaded) as loaded, sum(updated) as updated, sum(quarantined) as quarantined
      from lake.control.files
      semi join committed using (run_id)
      where table_name = ${literal(tableName)} and outcome = 'loaded'
      group by file_id
    ),
    -- Corrected records stand under the file that they came with at first.
    moved as (
      select file_id, sum(loaded) as loaded, sum(quarantined) as quarantined
      from (
        select file_id, loaded, 0 as quarantined from ${returns} semi join committed using (run_id) where table_name = ${literal(tableName)}
        union all
        select by_file_id, -loaded, -quarantined from ${returns} semi join committed using (run_id) where table_name = ${literal(tableName)}
      )
      group by file_id
    ),
    held as (${countRows(verification, 'dw', tableName, sql`count(*)`)}),
    refused as (${countRows(verification, 'rejects', tableName, sql`count(distinct _line)`)})
    select
      file_id, name, (coalesce(entries.loaded, 0) + coalesce(moved.loaded, 0))::bigint as loaded,
      (coalesce(entries.quarantined, 0) + coalesce(moved.quarantined, 0))::bigint as quarantined,
      coalesce(held.records, 0) as rows, coalesce(refused.records, 0) as rejects, coalesce(sum(updated) over (), 0) > 0 as has_updates
    from entries
    left join moved using (file_id)
    full join held using (file_id)
    full join refused using (file_id)
    order by name, file_id`)
}

/** @param count of the rows of one upload */
function countRows({ stored, version, layout }: Verification, layer: Layer, tableName: string, count: Sql): Sql {
  const paths = stored
    .filter((file) => file.layer === layer && file.tableName === tableName && isLiveIn(file, version))
    .map((file) => join(layout.lake, file.path))
  if (paths.length === 0) return sql`select ''::varchar as file_id, 0::bigint as records where false`
  return sql`select _file_id as file_id, ${count} as records from ${readParquet(paths)} group by _file_id`
}

/** In a table whose rows can be updated, a later upload may have taken the place of rows of an earlier one. */
function faultOf(row: EngineRow): string | null {
  const wrongRows = row.has_updates ? row.name === null : row.rows !== row.loaded
  if (!wrongRows && row.rejects === row.quarantined) return null
  return `${row.rows} rows and ${row.rejects} refused records; expected ${row.loaded} and ${row.quarantined}`
}
