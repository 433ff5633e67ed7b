import { ledgerTable } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import { literal, sql } from '../../core/sql.ts'

/** A file that was loaded before with the same content. */
export interface Original {
  readonly fileId: string
  readonly name: string
  readonly runId: number
  readonly records: number
}

/** Which of these contents the lake holds already, by file id. What a rollback has undone it does not hold. */
export async function findOriginals(lake: Lake, fileIds: readonly string[]): Promise<Map<string, Original>> {
  if (fileIds.length === 0) return new Map()
  const files = ledgerTable(lake.state, 'files', "'' as file_id, '' as name, 0 as run_id, 0 as records, '' as outcome")
  const runs = ledgerTable(lake.state, 'runs', "0 as run_id, '' as status")
  const rows = await lake.engine.rows<{ file_id: string; name: string; run_id: number; records: number }>(sql`
    select file_id, name, run_id, records
    from ${files}
    semi join (select run_id from ${runs} where status = 'committed') using (run_id)
    where outcome = 'loaded' and file_id in (select unnest(${literal(fileIds)}))`)
  return new Map(
    rows.map((row) => [row.file_id, { fileId: row.file_id, name: row.name, runId: row.run_id, records: row.records }]),
  )
}
