import { livePaths } from '../../../control/catalog.ts'
import type { Lake } from '../../../control/lake.ts'
import { selectQuarantine } from '../../../control/relations.ts'
import { ident, join, literal, sql } from '../../../core/sql.ts'
import type { RawFile } from '../../ods/index.ts'

/** Records of this run's corrections that an earlier upload of the same bytes brought into quarantine: `_file_id`, `_line`. */
export const REPEATED = ident('repeated_records')

/** A lake's uploads that are CSVs of the quarantine, those of all runs: `file_id`, `sha256`, `table_name`. */
export const CORRECTION_UPLOADS = sql`(
  select file_id, sha256, table_name
  from lake.control.files
  where json_extract(dialect, '$.isCorrection') = true)`

/**
 * Find the records that a correction CSV brought before, when the same bytes were dropped, and that are entries of their own because they
 * name no open record. They keep that entry. Creates `REPEATED`.
 *
 * @param corrections uploads of the run for the table
 */
export async function findRepeated(
  lake: Lake,
  tableName: string,
  corrections: readonly Pick<RawFile, 'fileId' | 'upload'>[],
): Promise<void> {
  const rejects = livePaths(lake.state, lake.layout, 'rejects', tableName)
  const uploads = corrections.map(({ fileId, upload }) => sql`(${literal(fileId)}, ${literal(upload.sha256)})`)
  const found =
    uploads.length === 0 || rejects.length === 0
      ? sql`select null::varchar as _file_id, null::bigint as _line where false`
      : sql`
        select distinct _uploads.file_id as _file_id, _entries._line
        from (values ${join(uploads, ', ')}) as _uploads (file_id, sha256)
        join ${CORRECTION_UPLOADS} as _earlier on _earlier.sha256 = _uploads.sha256 and _earlier.table_name = ${literal(tableName)}
        join (${selectQuarantine([], rejects, [])}) as _entries on _entries._file_id = _earlier.file_id`
  await lake.engine.run(sql`create or replace temp table ${REPEATED} as ${found}`)
}
