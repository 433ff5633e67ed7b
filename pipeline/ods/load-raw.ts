import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { removePath } from '../../core/durable-files.ts'
import { DroplakeError } from '../../core/errors.ts'
import { ident, join, literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { CopiedUpload } from '../uploads/index.ts'
import { DELIMITER, type Dialect, decideDialect } from './decide-dialect.ts'
import { faultSentence } from './fault-sentence.ts'
import { recordTest } from './looks-like-record.ts'
import type { RecordFormat } from './parse-record.ts'
import { readCarefully } from './read-carefully.ts'
import { readPlain } from './read-plain.ts'
import { type RecordAccount, scanRecords } from './scan-records.ts'
import { splitRecord } from './split-record.ts'

/** An upload whose records lie in ODS, every one of them. */
export interface RawFile {
  readonly upload: CopiedUpload
  readonly fileId: string
  /** Null for a file with a header and no record. */
  readonly dataFile: DataFile | null
  readonly dialect: Dialect & { readonly reader: 'engine' | 'careful' }
  readonly records: number
  readonly blank: number
}

/**
 * Publish one upload as raw Parquet: every column text, malformed records with their text, each with its line.
 *
 * The account of the file is made first, apart from the engine. A plain file is read by the engine and what it gave is
 * compared with the account; if they differ, or the file is not plain, it is read carefully and compared again.
 *
 * @throws {DroplakeError} UPLOAD_EMPTY, UPLOAD_NOT_TEXT, CSV_HEADER_MISMATCH, CSV_NO_RECORD_FITS, CSV_DOES_NOT_ADD_UP
 * @see docs/adr/0002-csv.md
 */
export async function loadRaw(
  lake: Lake,
  run: Run,
  upload: CopiedUpload,
  fileId: string,
  table: TableConfig,
): Promise<RawFile> {
  const dialect = await decideDialect(upload.path, upload.name, table)
  const report = (doneBytes: number) =>
    lake.onProgress({ file: upload.name, stage: 'read', doneBytes, totalBytes: upload.sizeBytes })
  const format = recordFormat(table, dialect)
  const account = await scanRecords(upload.path, dialect.start, format, undefined, report)
  refuseWhenNothingFits(account, upload, table)
  const blank = account.blank + (dialect.hasHeader ? dialect.leadingBlankLines : 0)
  const shared = { upload, fileId, records: account.records, blank }
  if (account.records === 0) return { ...shared, dataFile: null, dialect: { ...dialect, reader: 'engine' } }

  const write = (records: Sql) => writeChecked(lake, run, upload, fileId, dialect, account, records)
  if (isPlain(account, dialect)) {
    const dataFile = await write(readPlain(upload.path, dialect, account.longestBytes)).catch((error: unknown) => {
      lake.log.warn({ file: upload.name, err: error }, 'engine could not read a plain file, reading it carefully')
      return null
    })
    if (dataFile !== null) return { ...shared, dataFile, dialect: { ...dialect, reader: 'engine' } }
  }
  const dataFile = await readCarefully(lake.engine, upload, dialect, format, report, write)
  if (dataFile === null) throw doesNotAddUp(upload, account)
  return { ...shared, dataFile, dialect: { ...dialect, reader: 'careful' } }
}

function recordFormat(table: TableConfig, dialect: Dialect): RecordFormat {
  const test = recordTest(table, dialect.columns)
  const isRecord = (bytes: Uint8Array, start: number, end: number) =>
    test?.(splitRecord(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, end, DELIMITER)) ?? false
  return { delimiter: DELIMITER, fieldCount: dialect.columns.length, isRecord: test && isRecord }
}

/** Whether a record's number in the file tells its line, so that the engine may read it. */
function isPlain(account: RecordAccount, dialect: Dialect): boolean {
  const headerIsOneLine = !dialect.hasHeader || (dialect.start.line === 2 && dialect.leadingBlankLines === 0)
  return account.isPlain && headerIsOneLine
}

/** Write the records and hold what was written against the account; null, and nothing left on disk, when they differ. */
async function writeChecked(
  lake: Lake,
  run: Run,
  upload: CopiedUpload,
  fileId: string,
  dialect: Dialect,
  account: RecordAccount,
  records: Sql,
): Promise<DataFile | null> {
  const columns = join(
    dialect.columns.map((column) => ident(column)),
    ', ',
  )
  const query = sql`select ${columns}, _malformed, _raw, ${literal(fileId)} as _file_id, _line from (${records})`
  const dataFile = await writeDataFile(lake, run, { layer: 'ods', tableName: upload.tableName, part: fileId }, query)
  if (dataFile === null || (await addsUp(lake, dataFile, account, dialect))) return dataFile
  await removePath(joinPath(lake.layout.lake, dataFile.path))
  return null
}

/** Whether what was written holds as many records and bytes of text as the account says. */
async function addsUp(lake: Lake, dataFile: DataFile, account: RecordAccount, dialect: Dialect): Promise<boolean> {
  const textBytes = join(
    dialect.columns.map((column) => sql`sum(strlen(${ident(column)}))`),
    ', ',
  )
  const written = await lake.engine.row<{ records: number; malformed: number; text_bytes: number }>(sql`
    select count(*) as records, count(_malformed) as malformed, coalesce(list_sum([${textBytes}]), 0)::bigint as text_bytes from ${readParquet([joinPath(lake.layout.lake, dataFile.path)])}`)
  const same =
    written.records === account.records &&
    written.malformed === account.malformed &&
    written.text_bytes === account.textBytes
  if (!same) lake.log.warn({ file: dataFile.path, written, account }, 'what was read does not agree with the account')
  return same
}

function refuseWhenNothingFits(account: RecordAccount, upload: CopiedUpload, table: TableConfig): void {
  if (account.records === 0 || account.malformed < account.records) return
  const columns = Object.keys(table.columns)
  const [fault] = mostFrequent(account.faults) ?? ['field_count' as const]
  const [fields] = mostFrequent(account.fieldCounts) ?? [0]
  const found = faultSentence(fault, fields, columns.length, upload.tableName)
  throw new DroplakeError(
    'CSV_NO_RECORD_FITS',
    `"${upload.name}": none of its ${account.records} records can be read as "${upload.tableName}" (${columns.join(', ')}); most often: ${found}`,
    {
      details: { records: account.records, faults: Object.fromEntries(account.faults), expectedFields: columns.length },
      hint: 'Export it as comma-separated UTF-8 text with these columns, or correct the columns in pipeline_config.json, then drop it again.',
    },
  )
}

function mostFrequent<Key>(counts: ReadonlyMap<Key, number>): [Key, number] | undefined {
  return [...counts].sort((a, b) => b[1] - a[1])[0]
}

function doesNotAddUp(upload: CopiedUpload, account: RecordAccount): DroplakeError {
  return new DroplakeError(
    'CSV_DOES_NOT_ADD_UP',
    `"${upload.name}": ${account.records} records were counted, but not as many were read; nothing of it was loaded`,
    {
      details: { records: account.records },
      hint: 'This is a fault of droplake: please report it with the file.',
    },
  )
}
