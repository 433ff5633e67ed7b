// The only writer of backups: <table>.v<version>.avro, its lineage beside it, and latest.avro.
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { BackupEntry } from '../control/ledger.ts'
import type { OnRows } from '../control/row-source.ts'
import type { StoredFile } from '../control/stored-files.ts'
import { countTableRows, isOfTable, selectTable, type TableFiles, tableFilesOf } from '../control/table-rows.ts'
import type { Versions } from '../control/versions/open-versions.ts'
import { liveFilesAt } from '../control/versions/show-version.ts'
import type { TableConfig } from '../core/config/schema.ts'
import { ensureFolder, linkOrCopy, publishFile, removePath, syncFile } from '../core/durable-files.ts'
import { DroplakeError } from '../core/errors.ts'
import { ident, join as joinSql, sql } from '../core/sql.ts'
import { CODEC_OF, type CodecName } from './avro/codecs.ts'
import { AvroFileWriter } from './avro/write-file.ts'
import { backupPath, latestPath, lineagePath } from './backup-files.ts'
import { type EncodedBlock, RowEncoder } from './encode-rows.ts'
import { findColumnsWithNulls } from './find-nulls.ts'
import { LineageEncoder, lineageSchema, selectLineage } from './lineage.ts'
import { draftEntries, finalEntries, hashHeader, type KnownMetadata } from './metadata.ts'
import { partPath, removeLeftParts } from './part-files.ts'
import { avroNames, contractHash, type TableSchema, tableSchemaOf } from './table-schema.ts'

export interface BackupOptions {
  /** Absolute; the backup goes into a folder of the table's name below it. */
  readonly folder: string
  readonly codec: CodecName
  readonly clock: () => Date
  readonly onRows: OnRows
}

/**
 * Write the backup of a table as it is in the newest version, streaming: two Avro files, under their names only when they
 * are whole. A run that commits meanwhile changes nothing: data files are never changed.
 *
 * @throws {DroplakeError} STORAGE_FAILED, ENGINE_FAILED; an older backup is as it was then
 */
export async function writeBackup(versions: Versions, tableName: string, options: BackupOptions): Promise<BackupEntry> {
  const table = versions.project.config.tables[tableName] as TableConfig
  const dataFiles = (await liveFilesAt(versions, versions.newest)).filter(
    (file) => isOfTable(file) && file.tableName === tableName,
  )
  const files = tableFilesOf(dataFiles, versions.layout, tableName)
  const schema = tableSchemaOf(tableName, table, await findColumnsWithNulls(versions.engine, table, files.rows))
  const known = await describeBackup(versions, tableName, table, dataFiles, options.clock())
  const path = backupPath(options.folder, tableName, versions.newest)
  await ensureFolder(dirname(path))
  await removeLeftParts(dirname(path))
  const digest = await writeFiles({ versions, table, files, schema, known, path, options })
  await pointLatest(path, latestPath(options.folder, tableName))
  const { size } = await stat(path)
  const { version, run, rows, madeAt } = known
  return {
    tableName,
    version,
    dataRun: run,
    path,
    rows,
    bytes: size,
    codec: options.codec,
    digest,
    madeAt: new Date(madeAt),
  }
}

async function describeBackup(
  { engine, newest, project }: Versions,
  tableName: string,
  table: TableConfig,
  dataFiles: readonly StoredFile[],
  now: Date,
): Promise<KnownMetadata> {
  const { run } = await engine.row<{ run: number }>(sql`
    select coalesce(min(run_id), 0) as run from lake.control.runs where version = ${newest} and status = 'committed'`)
  return {
    lake: project.config.name,
    table: tableName,
    part: 'rows',
    version: newest,
    run,
    rows: countTableRows(dataFiles, tableName, table),
    contract: contractHash(table),
    madeAt: now.toISOString(),
  }
}

interface Work {
  readonly versions: Versions
  readonly table: TableConfig
  readonly files: TableFiles
  readonly schema: TableSchema
  readonly known: KnownMetadata
  readonly path: string
  readonly options: BackupOptions
}

/** The lineage gets its name first: a backup under its own name is whole. @returns the digest of the rows */
async function writeFiles(work: Work): Promise<string> {
  const { known, path, options, schema, table } = work
  const codec = CODEC_OF[options.codec]
  const lineage = lineageSchema(avroNames([known.table])[0] as string, table)
  const rowsDraft = draftEntries(known, schema.json, codec.avroName)
  const lineageDraft = draftEntries({ ...known, part: 'lineage' }, lineage, codec.avroName)
  const parts = [path, lineagePath(path)].map(partPath) as [string, string]
  const writers: AvroFileWriter[] = []
  try {
    const rows = await AvroFileWriter.create(parts[0], codec, rowsDraft)
    writers.push(rows)
    const origins = await AvroFileWriter.create(parts[1], codec, lineageDraft)
    writers.push(origins)
    await streamRows(work, lineage, rows, origins)
    const rowsDigest = await rows.flush()
    await finish(rows, rowsDraft, rowsDigest, rowsDigest)
    await finish(origins, lineageDraft, rowsDigest, await origins.flush())
    for (const writer of writers.splice(0)) await writer.close()
    for (const part of parts) await syncFile(part)
    await publishFile(parts[1], lineagePath(path))
    await publishFile(parts[0], path)
    return rowsDigest
  } finally {
    for (const writer of writers) await writer.close()
    for (const part of parts) await removePath(part)
  }
}

async function finish(
  writer: AvroFileWriter,
  draft: ReadonlyMap<string, string>,
  rowsDigest: string,
  digest: string,
): Promise<void> {
  const values = { records: writer.rows, rowsDigest, digest }
  await writer.finish(finalEntries(draft, values, (entries) => hashHeader(writer.headerOf(entries))))
}

async function streamRows(work: Work, lineage: string, rows: AvroFileWriter, origins: AvroFileWriter): Promise<void> {
  const { versions, table, files, schema, known, options } = work
  const columns = schema.fields.map((field) => sql`${field.select} as ${ident(field.column)}`)
  // Where rows have changed, the table is a join, whose order nobody promises; the digest is that of an order.
  const isJoin = files.replaced.length + files.closed.length > 0
  const order = isJoin ? sql`order by _run_id, _file_id, _line` : sql``
  const query = sql`
    select ${joinSql([...columns, selectLineage(table)], ', ')} from (${selectTable(table, files)}) ${order}`
  const rowEncoder = new RowEncoder(schema.fields)
  const lineageEncoder = new LineageEncoder(
    lineage,
    table,
    schema.fields.length,
    await readFileNames(versions, known.table),
  )
  let doneRows = 0
  for await (const chunk of versions.engine.chunks(query)) {
    for (const block of rowEncoder.encode(chunk)) await rows.add(block.rows, block.bytes)
    await addAll(origins, lineageEncoder.encode(chunk))
    doneRows += chunk.rowCount
    options.onRows({ table: known.table, stage: 'backup', doneRows, totalRows: known.rows })
  }
  await addAll(rows, [rowEncoder.end()])
  await addAll(origins, [lineageEncoder.end()])
  if (doneRows === known.rows) return
  throw new DroplakeError('LAKE_DAMAGED', `table "${known.table}" gave ${doneRows} rows; expected ${known.rows}`, {
    hint: 'Nothing was written. See what is whole: droplake verify --deep',
  })
}

/** Names of uploads by file id; of one that came under several names, the newest. */
async function readFileNames({ engine }: Versions, tableName: string): Promise<Map<string, string>> {
  const rows = await engine.rows<{ file_id: string; name: string }>(sql`
    select file_id, name
    from lake.control.files
    where table_name = ${tableName} and outcome in ('loaded', 'restored')
    order by run_id`)
  return new Map(rows.map((row) => [row.file_id, row.name]))
}

async function addAll(writer: AvroFileWriter, blocks: readonly (EncodedBlock | null)[]): Promise<void> {
  for (const block of blocks) if (block !== null) await writer.add(block.rows, block.bytes)
}

/** `latest.avro` is a second name of the newest backup, where the file system has such; else a copy. */
async function pointLatest(path: string, latest: string): Promise<void> {
  const beside = partPath(latest)
  await linkOrCopy(path, beside)
  await publishFile(beside, latest)
  // Two names of one file cannot replace one another: the one beside is left then.
  await removePath(beside)
}
