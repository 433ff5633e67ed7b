import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import { type DataFile, type FileEntry, NO_COUNTS } from '../../control/ledger.ts'
import { columnsOf } from '../../control/relations.ts'
import type { BackupSource } from '../../control/row-source.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, readParquet, sql } from '../../core/sql.ts'
import type { DeliveryPlan } from '../deliver/index.ts'
import { inboxCsvName } from '../plan-delivery.ts'
import { REFUSED_ROWS } from './accept-rows.ts'
import type { Rehearsal } from './rehearse.ts'
import type { Target } from './target.ts'

/** Uploads of which the ledger knows: names by file id, and which run brought which (`<file id> <run>`). */
export interface KnownUploads {
  readonly names: ReadonlyMap<string, string>
  readonly brought: ReadonlySet<string>
}

export async function knownUploads(engine: Engine): Promise<KnownUploads> {
  const rows = await engine.rows<{ file_id: string; run_id: number; name: string }>(sql`
    select file_id, run_id, name from lake.control.files where outcome in ('loaded', 'restored') order by run_id desc`)
  return {
    names: new Map(rows.map((row) => [row.file_id, row.name])),
    brought: new Set(rows.map((row) => `${row.file_id} ${row.run_id}`)),
  }
}

/** Rows and refused rows by the file that they come from. */
export interface Accounts {
  readonly files: readonly FileEntry[]
}

/** What the ledger gets of a restore: an entry for each file that its rows come from. */
export async function accountForRows(
  lake: Lake,
  run: Run,
  target: Target,
  source: BackupSource,
  added: readonly DataFile[],
  rejects: DataFile | null,
): Promise<Accounts> {
  const loaded = await countByFile(lake, added)
  const quarantined = await countByFile(lake, rejects === null ? [] : [rejects])
  const fileIds = [...new Set([...loaded.keys(), ...quarantined.keys()])]
  const files = fileIds.map((fileId) => {
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
  return { files }
}

/** Write the refused rows, each once with all its reasons. @returns null when there are none */
export async function writeRejects(
  lake: Lake,
  run: Run,
  target: Target,
  source: BackupSource,
  { refused }: Rehearsal,
): Promise<DataFile | null> {
  if (refused === 0) return null
  const { tableName, table } = target
  const files = await lake.engine.rows<{ _file_id: string }>(sql`select distinct _file_id from ${REFUSED_ROWS}`)
  const names = files.map(
    (row) => sql`when ${literal(row._file_id)} then ${literal(nameOf(target, source, row._file_id))}`,
  )
  const merged: Readonly<Record<string, ReturnType<typeof sql>>> = {
    _rules: sql`flatten(list(_rules)) as _rules`,
    _reason: sql`string_agg(_reason, '; ') as _reason`,
    _file: sql`case any_value(_file_id) ${join(names, ' ')} end as _file`,
    _run_id: sql`${raw(String(run.runId))}::bigint as _run_id`,
  }
  const columns = columnsOf('rejects', table).map(
    ({ name }) => merged[name] ?? sql`any_value(${ident(name)}) as ${ident(name)}`,
  )
  const query = sql`select ${join(columns, ', ')} from ${REFUSED_ROWS} group by _id order by any_value(_file_id), any_value(_line)`
  return writeDataFile(lake, run, { layer: 'rejects', tableName, part: 'restore' }, query)
}

function nameOf({ fileId, fileName, uploads }: Target, source: BackupSource, wanted: string): string {
  return wanted === fileId ? fileName : (uploads.names.get(wanted) ?? source.fileNames.get(wanted) ?? fileName)
}

/** A CSV for people for each file of which rows were refused. */
export function inboxOf(
  run: Run,
  { tableName, table }: Target,
  { files }: Accounts,
  rejects: DataFile | null,
): DeliveryPlan['inbox'] {
  if (rejects === null) return []
  return files
    .filter((file) => file.quarantined > 0)
    .map((file) => ({
      tableName,
      fileId: file.fileId,
      csvName: inboxCsvName(file.name, run.runId),
      rejectsPath: rejects.path,
      columns: Object.keys(table.columns),
    }))
}

async function countByFile(lake: Lake, dataFiles: readonly DataFile[]): Promise<Map<string, number>> {
  if (dataFiles.length === 0) return new Map()
  const paths = dataFiles.map(({ path }) => joinPath(lake.layout.lake, path))
  const rows = await lake.engine.rows<{ _file_id: string; rows: number }>(
    sql`select _file_id, count(*) as rows from ${readParquet(paths)} group by _file_id order by _file_id`,
  )
  return new Map(rows.map((row) => [row._file_id, row.rows]))
}
