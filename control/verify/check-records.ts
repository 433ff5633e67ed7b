import { join } from 'node:path'
import type { EngineRow } from '../../core/engine.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Layer } from '../layout.ts'
import { isLiveIn } from '../stored-files.ts'
import { without } from '../table-rows.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import { readReplacedRows } from './replaced-rows.ts'
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
  const replacedRows = await readReplacedRows(verification.engine)
  return verification.engine.rows(sql`
    with entries as (
      select file_id, any_value(name) as name, sum(loaded)::bigint as loaded, sum(updated)::bigint as updated, sum(quarantined)::bigint as quarantined
      from lake.control.files
      semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
      where table_name = ${literal(tableName)} and outcome = 'loaded'
      group by file_id
    ),
    replaced as (
      select file_id, sum(rows)::bigint as replaced from (${replacedRows}) where table_name = ${literal(tableName)} group by file_id
    ),
    held as (${countRows(verification, 'dw', tableName)}),
    refused as (${countRows(verification, 'rejects', tableName)})
    select
      file_id, name, coalesce(loaded + updated - coalesce(replaced, 0), 0) as expected, coalesce(quarantined, 0) as quarantined,
      coalesce(held.rows, 0) as rows, coalesce(refused.rows, 0) as rejects
    from entries
    left join replaced using (file_id)
    full join held using (file_id)
    full join refused using (file_id)
    order by name, file_id`)
}

/** Rows of a table are those of its data files that have not been replaced; versions that are no longer current are among them. */
function countRows({ stored, version, layout }: Verification, layer: 'dw' | 'rejects', tableName: string): Sql {
  const pathsOf = (wanted: Layer) =>
    stored
      .filter((file) => file.layer === wanted && file.tableName === tableName && isLiveIn(file, version))
      .map((file) => join(layout.lake, file.path))
  const paths = pathsOf(layer)
  if (paths.length === 0) return sql`select ''::varchar as file_id, 0::bigint as rows where false`
  const addresses = sql`select _file_id, _line from ${readParquet(paths)}`
  const rows = layer === 'dw' ? without(addresses, pathsOf('replaced')) : addresses
  return sql`select _file_id as file_id, count(*) as rows from (${rows}) group by _file_id`
}

function faultOf(row: EngineRow): string | null {
  if (row.rows === row.expected && row.rejects === row.quarantined) return null
  return `${row.rows} rows and ${row.rejects} refused records; expected ${row.expected} and ${row.quarantined}`
}
