import { join as joinPath } from 'node:path'
import { partOf } from '../../../control/data-files.ts'
import type { Lake } from '../../../control/lake.ts'
import type { Layer } from '../../../control/layout.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { columnsOf, mayWait, selectAll, selectFrom, selectRaw } from '../../../control/relations.ts'
import type { StoredFile } from '../../../control/stored-files.ts'
import { without } from '../../../control/table-rows.ts'
import { changesRows } from '../../../core/config/changes-rows.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../../core/sql.ts'
import { typedName, withTypedValues } from '../../dw/index.ts'
import { configHashOf } from '../../ledger-entries.ts'
import type { Damage, Source } from './repair-data-file.ts'

/** The rows of a compacted file, from the files that it was made of, while they are kept; null when it has none. */
export async function compactionSource(lake: Lake, { file, stored, broken }: Damage): Promise<Source | null> {
  const madeIn = file.ranges[0]?.addedIn ?? 0
  const removedThen = (layer: Layer) =>
    stored.filter(
      (part) =>
        part.layer === layer &&
        part.tableName === file.tableName &&
        part.ranges.some((range) => range.removedIn === madeIn),
    )
  const parts = removedThen(file.layer)
  const replaced = file.layer === 'dw' ? removedThen('replaced') : []
  const sources = [...parts, ...replaced]
  if (parts.length === 0 || sources.some((part) => broken.has(part.path))) return null
  const query = without(selectAll(pathsOf(lake, parts)), pathsOf(lake, replaced))
  const { rows } = await lake.engine.row<{ rows: number }>(sql`select count(*) as rows from (${query})`)
  return rows === file.rows ? { query, from: 'from the files it was compacted from', isExact: true } : null
}

/** The part of a data file of rows that came back from quarantine: ODS has them as they came, not as they were corrected. */
const RETURNED_PART = 'returned'

/** The uploads of a run that went into one table. */
interface LoadedUpload {
  readonly fileId: string
  /** Records that became rows of their own: loaded or updated. */
  readonly written: number
  readonly unchanged: number
}

/**
 * The rows that a run loaded into a table, from its records in ODS: all of them but those that it refused, typed anew. The
 * contract must still be that of the run, or the bytes must come out the same.
 *
 * @returns a sentence when that cannot be done
 */
export async function tableSource(lake: Lake, damage: Damage): Promise<Source | string> {
  const { file, stored, broken } = damage
  const table = lake.project.config.tables[file.tableName]
  if (table === undefined) return 'its table has left the config'
  if (partOf(file.path) === RETURNED_PART)
    return `its rows came back from quarantine; roll back to before run ${file.runId} and drop its corrections again`
  const uploads = await readUploads(lake, file)
  const written = uploads.reduce((sum, upload) => sum + upload.written, 0)
  const below = (layer: string) =>
    stored.filter((candidate) => candidate.layer === layer && candidate.tableName === file.tableName)
  const ofRun = (layer: string) => below(layer).filter((candidate) => candidate.runId === file.runId)
  const rowsOfRun = ofRun('dw').reduce((sum, candidate) => sum + candidate.rows, 0)
  if (uploads.length === 0 || written !== rowsOfRun || uploads.some((upload) => upload.unchanged > 0))
    return `its rows are not all those that run ${file.runId} read and did not refuse; roll back to a version without it`
  // A file of the table has the part of the ODS file that it was made of; in format 1 there was one of all.
  const samePart = ofRun('ods').filter((candidate) => partOf(candidate.path) === partOf(file.path))
  const raws = samePart.length > 0 ? samePart : ofRun('ods')
  const rejects = below('rejects')
  const closed = below('closed')
  const damaged = [...raws, ...rejects, ...closed].find((candidate) => broken.has(candidate.path))
  if (damaged !== undefined) return `"${damaged.path}", from which its rows would come, is damaged, too`
  const query = rowsQuery(lake, table, file, { raws, rejects, closed, uploads })
  const { rows } = await lake.engine.row<{ rows: number }>(sql`select count(*) as rows from (${query})`)
  if (rows !== file.rows) return `ODS gives ${rows} rows for it; expected ${file.rows}`
  return { query, from: 'from ODS', isExact: await isSameConfig(lake, file.runId) }
}

/** In the order of the uploads' names, as the run took them. */
async function readUploads(lake: Lake, file: DataFile): Promise<LoadedUpload[]> {
  const rows = await lake.engine.rows<{ file_id: string; written: number; unchanged: number }>(sql`
    select file_id, loaded + updated as written, unchanged
    from lake.control.files
    where run_id = ${file.runId} and table_name = ${file.tableName} and outcome = 'loaded'
    order by name`)
  return rows.map((row) => ({ fileId: row.file_id, written: row.written, unchanged: row.unchanged }))
}

interface Below {
  readonly raws: readonly StoredFile[]
  readonly rejects: readonly StoredFile[]
  readonly closed: readonly StoredFile[]
  readonly uploads: readonly LoadedUpload[]
}

function rowsQuery(lake: Lake, table: TableConfig, file: DataFile, { raws, rejects, closed, uploads }: Below): Sql {
  const typed = Object.keys(table.columns).map((name) => sql`${typedName(name)} as ${ident(name)}`)
  const fileIds = literal(uploads.map((upload) => upload.fileId))
  const runId = raw(String(file.runId))
  // Whoever has waited came out of quarantine, and not with an upload of the run.
  const waited = mayWait(table) ? sql`, null::timestamp as _waited_since` : sql``
  const validFrom = changesRows(table) ? sql`, ${validSince(lake, runId, closed)} as _valid_from` : sql``
  return sql`
    select ${join(typed, ', ')}, _file_id, _line, ${runId}::bigint as _run_id${waited}${validFrom}
    from (${withTypedValues(table, selectRaw(table, pathsOf(lake, raws)))}) as _records
    where list_contains(${fileIds}, _file_id) and _corrects is null and not exists (
      select 1
      from (${selectFrom(columnsOf('rejects', table), pathsOf(lake, rejects))}) as _rejects
      where _rejects._file_id = _records._file_id and _rejects._line = _records._line and _rejects._run_id = ${runId}
    )
    order by list_position(${fileIds}, _file_id), _line`
}

/** The time of a row that a run has written under `history`: that of its run, or a little later where it closed another row. */
function validSince(lake: Lake, runId: Sql, closed: readonly StoredFile[]): Sql {
  const startedAt = sql`(select started_at from lake.control.runs where run_id = ${runId})`
  if (closed.length === 0) return startedAt
  return sql`coalesce(
    (
      select any_value(_valid_to) from ${readParquet(pathsOf(lake, closed))} as _closed
      where _closed._by_file_id = _records._file_id and _closed._by_line = _records._line and _closed._run_id = ${runId}
    ),
    ${startedAt})`
}

async function isSameConfig(lake: Lake, runId: number): Promise<boolean> {
  const { then } = await lake.engine.row<{ then: string }>(
    sql`select config_hash as "then" from lake.control.runs where run_id = ${runId}`,
  )
  return then === configHashOf(lake.project)
}

function pathsOf(lake: Lake, files: readonly DataFile[]): string[] {
  return files.map((file) => joinPath(lake.layout.lake, file.path))
}
