import { livePaths } from '../../../control/catalog.ts'
import type { Lake, Run } from '../../../control/lake.ts'
import { selectLeftOut } from '../../../control/quarantine/left-out.ts'
import { selectQuarantine } from '../../../control/relations.ts'
import { literal, raw, readParquet, sql } from '../../../core/sql.ts'
import type { OdsResult } from '../../ods/index.ts'
import { batchPath, correctionCount } from '../table-input.ts'

/**
 * Open records of a table that the CSVs of the inbox which this run takes have come back without. They stay open: only
 * `quarantine discard --left-out` gives them up.
 */
export async function countLeftOut(lake: Lake, run: Run, tableName: string, ods: OdsResult): Promise<number> {
  const csvs = ods.rawFiles.filter((file) => file.upload.tableName === tableName && correctionCount(file) > 0)
  const batch = batchPath(lake, tableName, ods)
  const rejects = livePaths(lake.state, lake.layout, 'rejects', tableName)
  if (csvs.length === 0 || batch === undefined || rejects.length === 0) return 0
  const idsOf = (files: typeof csvs) => sql`${literal(files.map(({ fileId }) => fileId))}::varchar[]`
  const exports = csvs.filter(({ dialect }) => dialect.columns.includes('_file'))
  const named = sql`(
    select
      _corrects as _id, _file_id as _by_file_id, ${raw(String(run.runId))}::bigint as _by_run_id,
      list_contains(${idsOf(exports)}, _file_id) as _is_export
    from ${readParquet([batch])}
    where list_contains(${idsOf(csvs)}, _file_id))`
  const entries = selectQuarantine([], rejects, livePaths(lake.state, lake.layout, 'outcomes', tableName))
  const { leftOut } = await lake.engine.row<{ leftOut: number }>(sql`
    select count(*) as "leftOut"
    from (${entries}) semi join (${selectLeftOut(rejects, named)}) using (_id)
    where _status = 'open'`)
  return leftOut
}
