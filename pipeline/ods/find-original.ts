import type { Lake } from '../../control/lake.ts'
import { changesRows } from '../../core/config/changes-rows.ts'
import { literal, sql } from '../../core/sql.ts'

/** A file that was loaded before with the same content. */
export interface Original {
  readonly fileId: string
  readonly name: string
  readonly runId: number
  readonly records: number
  /** Later uploads have come into its table since, and may have changed the rows that it brought. */
  readonly isOvertaken: boolean
}

/** Which of these contents the lake holds already, by file id. What a rollback has undone it does not hold. */
export async function findOriginals(lake: Lake, fileIds: readonly string[]): Promise<Map<string, Original>> {
  if (fileIds.length === 0) return new Map()
  const rows = await lake.engine.rows<{
    file_id: string
    name: string
    table_name: string
    run_id: number
    records: number
    last_run_id: number
  }>(sql`
    with _loaded as (
      select file_id, name, table_name, run_id, records, max(run_id) over (partition by table_name) as last_run_id
      from lake.control.files
      semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
      where outcome = 'loaded'
    )
    from _loaded
    where file_id in (select unnest(${literal(fileIds)}))`)
  const { tables } = lake.project.config
  return new Map(
    rows.map(({ file_id: fileId, name, table_name: tableName, run_id: runId, records, last_run_id: lastRunId }) => {
      const table = tables[tableName]
      const isOvertaken = table !== undefined && changesRows(table) && lastRunId > runId
      return [fileId, { fileId, name, runId, records, isOvertaken }]
    }),
  )
}
