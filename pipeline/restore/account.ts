import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import { type DataFile, type FileEntry, NO_COUNTS } from '../../control/ledger.ts'
import { columnsOf } from '../../control/relations.ts'
import type { BackupSource } from '../../control/row-source.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../core/sql.ts'
import { REFUSED_ROWS } from './accept-rows.ts'
import type { Rehearsal } from './rehearse.ts'
import type { Target } from './target.ts'

/** What the ledger gets of a restore: an entry for each file that its rows come from. */
export async function accountForRows(
  lake: Lake,
  run: Run,
  target: Target,
  source: BackupSource,
  added: readonly DataFile[],
  rejects: DataFile | null,
): Promise<FileEntry[]> {
  // Closed versions are rows of their own file already.
  const loaded = await countByFile(
    lake,
    added.filter((file) => file.layer === 'dw'),
  )
  const quarantined = await countByFile(lake, rejects === null ? [] : [rejects])
  const fileIds = [...new Set([...loaded.keys(), ...quarantined.keys()])]
  return fileIds.map((fileId) => {
    const counts = { loaded: loaded.get(fileId) ?? 0, quarantined: quarantined.get(fileId) ?? 0 }
    return {
      ...NO_COUNTS,
      ...counts,
      records: counts.loaded + counts.quarantined,
      fileId,
      runId: run.runId,
      name: nameOf(target, source, fileId),
      tableName: target.tableName,
      bytes: fileId === target.fileId ? source.sizeBytes : null,
      sha256: null,
      outcome: 'restored' as const,
      blank: 0,
      duplicateOf: null,
      dialect: JSON.stringify({ format: 'avro', columns: Object.keys(target.table.columns), extra: [] }),
      reason: null,
    }
  })
}

/** Write the refused rows, each once with all its reasons, as records of the source. @returns null when there are none */
export async function writeRejects(
  lake: Lake,
  run: Run,
  target: Target,
  { refused }: Rehearsal,
): Promise<DataFile | null> {
  if (refused === 0) return null
  const { tableName, table, fileId, fileName } = target
  const values: Readonly<Record<string, Sql>> = {
    _extra: sql`null::varchar`,
    _raw: sql`null::varchar`,
    _rules: sql`flatten(list(_rules))`,
    _reason: sql`string_agg(_reason, '; ')`,
    _id: sql`${literal(`${fileId}:`)} || _record`,
    _file: literal(fileName),
    _file_id: literal(fileId),
    _line: sql`_record`,
    _run_id: raw(`${run.runId}::bigint`),
    _status: literal('open'),
    _waiting_since: sql`null::timestamp`,
  }
  const columns = columnsOf('rejects', table).map(
    ({ name }) => sql`${values[name] ?? sql`any_value(${ident(name)})`} as ${ident(name)}`,
  )
  const query = sql`select ${join(columns, ', ')} from ${REFUSED_ROWS} as _refused group by _record order by _record`
  return writeDataFile(lake, run, { layer: 'rejects', tableName, part: 'restore' }, query)
}

function nameOf({ fileId, fileName, uploads }: Target, source: BackupSource, wanted: string): string {
  return wanted === fileId ? fileName : (uploads.names.get(wanted) ?? source.fileNames.get(wanted) ?? fileName)
}

async function countByFile(lake: Lake, dataFiles: readonly DataFile[]): Promise<Map<string, number>> {
  if (dataFiles.length === 0) return new Map()
  const paths = dataFiles.map(({ path }) => joinPath(lake.layout.lake, path))
  const rows = await lake.engine.rows<{ _file_id: string; rows: number }>(
    sql`select _file_id, count(*) as rows from ${readParquet(paths)} group by _file_id order by _file_id`,
  )
  return new Map(rows.map((row) => [row._file_id, row.rows]))
}
