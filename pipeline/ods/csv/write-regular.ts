import { join as joinPath } from 'node:path'
import { removeDataFile, writeDataFile } from '../../../control/data-files.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { literal, raw, readParquet, sql } from '../../../core/sql.ts'
import type { RecordSource } from '../record-source.ts'
import type { OpenedText } from '../text/open-text.ts'
import { textBytes } from '../text-bytes.ts'
import { readRegular, tableColumns } from './read-regular.ts'
import type { RegularCopy } from './regular-copy.ts'
import type { TakenRecords } from './take-records.ts'

/**
 * Let the engine write the regular records of a file as a data file of their own, a row per line, and hold what it wrote
 * against the account.
 *
 * @returns null when the file has no regular record
 * @throws {DroplakeError} ENGINE_FAILED also when the two disagree; nothing is left on disk then
 */
export async function writeRegular(
  source: RecordSource,
  text: OpenedText,
  { dialect, account }: TakenRecords,
  copy: RegularCopy,
): Promise<DataFile | null> {
  const { records, textBytes: bytes, longestBytes } = account.regular
  if (records === 0) return null
  const { lake, run, tableName, fileId } = source
  const columns = Object.keys(source.table.columns)
  const skip = copy.path === undefined && dialect.hasHeader ? 1 : 0
  const fields = readRegular({ path: copy.path ?? text.path, dialect, skip, longestBytes })
  // A constant number costs a tenth of the whole write (10 million records, 2026-11): line 1 goes without saying.
  const firstLine = dialect.start.line === 1 ? sql`` : sql`, ${raw(String(dialect.start.line))} as _first_line`
  const query = sql`select ${tableColumns(columns, dialect)}, ${literal(fileId)} as _file_id${firstLine} from (${fields})`
  const written = await writeDataFile(lake, run, { layer: 'ods', tableName, part: fileId }, query)
  const expected = { rows: records + copy.placeholders, text_bytes: bytes }
  const found =
    written === null ? { rows: 0, text_bytes: 0 } : await countWritten(source, written, dialect.extra.length > 0)
  if (found.rows === expected.rows && found.text_bytes === expected.text_bytes) return written
  if (written !== null) await removeDataFile(lake.layout, written)
  throw new DroplakeError('ENGINE_FAILED', 'what the engine read does not agree with the account', {
    details: { expected, found },
  })
}

async function countWritten(source: RecordSource, written: DataFile, hasExtra: boolean) {
  const columns = Object.keys(source.table.columns)
  return source.lake.engine.row<{ rows: number; text_bytes: number }>(sql`
    select count(*) as rows, ${textBytes(columns, hasExtra)} as text_bytes
    from ${readParquet([joinPath(source.lake.layout.lake, written.path)])}`)
}
