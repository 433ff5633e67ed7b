import { join } from 'node:path'
import type { EngineRow } from '../../core/engine.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import { countedFiles } from '../counted-files.ts'
import type { Layer } from '../layout.ts'
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

/** One row per upload: what the ledger says of it, and how many rows each layer has of it. */
async function compareTable(verification: Verification, tableName: string): Promise<EngineRow[]> {
  return verification.engine.rows(sql`
    with entries as (
      select
        file_id, any_value(name) as name, coalesce(sum(loaded) filter (where is_held), 0)::bigint as loaded,
        coalesce(sum(updated) filter (where is_held), 0)::bigint as updated, sum(quarantined)::bigint as quarantined
      from ${await countedFiles(verification.engine, 'lake')}
      where table_name = ${literal(tableName)} and outcome in ('loaded', 'restored')
      group by file_id
    ),
    held as (${countRows(verification, 'dw', tableName)}),
    refused as (${countRows(verification, 'rejects', tableName)})
    select
      file_id, name, coalesce(loaded, 0) as loaded, coalesce(quarantined, 0) as quarantined,
      coalesce(held.rows, 0) as rows, coalesce(refused.rows, 0) as rejects, coalesce(sum(updated) over (), 0) > 0 as has_updates
    from entries
    full join held using (file_id)
    full join refused using (file_id)
    order by name, file_id`)
}

function countRows({ stored, version, layout }: Verification, layer: Layer, tableName: string): Sql {
  const paths = stored
    .filter((file) => file.layer === layer && file.tableName === tableName && isLiveIn(file, version))
    .map((file) => join(layout.lake, file.path))
  if (paths.length === 0) return sql`select ''::varchar as file_id, 0::bigint as rows where false`
  return sql`select _file_id as file_id, count(*) as rows from ${readParquet(paths)} group by _file_id`
}

/** In a table whose rows can be updated, a later upload may have taken the place of rows of an earlier one. */
function faultOf(row: EngineRow): string | null {
  const wrongRows = row.has_updates ? row.name === null : row.rows !== row.loaded
  if (!wrongRows && row.rejects === row.quarantined) return null
  return `${row.rows} rows and ${row.rejects} refused records; expected ${row.loaded} and ${row.quarantined}`
}
