import { countedFiles } from '../../control/counted-files.ts'
import type { Lake } from '../../control/lake.ts'
import { literal, sql } from '../../core/sql.ts'

/** A file that was loaded before with the same content. */
export interface Original {
  readonly fileId: string
  readonly name: string
  readonly runId: number
  readonly records: number
}

/**
 * Which of these contents the lake holds already, by file id. What a rollback has undone it does not hold, nor what a restore
 * has taken out of its table.
 */
export async function findOriginals(lake: Lake, fileIds: readonly string[]): Promise<Map<string, Original>> {
  if (fileIds.length === 0 || lake.state.catalogPath === null) return new Map()
  const entries = await countedFiles(lake.engine, 'lake')
  const rows = await lake.engine.rows<{ file_id: string; name: string; run_id: number; records: number }>(sql`
    with _wanted as (select * from ${entries} where file_id in (select unnest(${literal(fileIds)}))),
    _held as (select distinct file_id, table_name from _wanted where is_held and outcome in ('loaded', 'restored'))
    select file_id, arg_max(name, run_id) as name, max(run_id) as run_id, arg_max(records, run_id) as records
    from _wanted semi join _held using (file_id, table_name)
    where outcome = 'loaded'
    group by file_id`)
  return new Map(
    rows.map((row) => [row.file_id, { fileId: row.file_id, name: row.name, runId: row.run_id, records: row.records }]),
  )
}
