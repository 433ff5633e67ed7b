import { join as joinPath } from 'node:path'
import { removeDataFile, writeDataFile } from '../../../control/data-files.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { literal, raw, readParquet, sql } from '../../../core/sql.ts'
import type { RecordSource } from '../record-source.ts'
import { textBytes } from '../text-bytes.ts'
import type { CsvDialect } from './dialect.ts'
import { type RegularText, readRegular, tableColumns } from './read-regular.ts'

/** Let the engine write the lines of a file as a data file of their own, a row per line; null when it has none. */
export async function writeLines(source: RecordSource, text: RegularText): Promise<DataFile | null> {
  const { lake, run, tableName, fileId } = source
  const { dialect } = text
  // A constant number costs a tenth of the whole write (10 million records, 2026-11): line 1 goes without saying.
  const firstLine = dialect.start.line === 1 ? sql`` : sql`, ${raw(String(dialect.start.line))} as _first_line`
  const query = sql`
    select ${tableColumns(Object.keys(source.table.columns), dialect)}, ${literal(fileId)} as _file_id${firstLine}
    from (${readRegular(text)})`
  return writeDataFile(lake, run, { layer: 'ods', tableName, part: fileId }, query)
}

/** What the account says of the lines that the engine was given. */
export interface LineCounts {
  readonly rows: number
  readonly textBytes: number
}

/**
 * Hold what the engine wrote against the account.
 *
 * @throws {DroplakeError} ENGINE_FAILED when the two disagree; the file is gone then
 */
export async function checkLines(
  source: RecordSource,
  dialect: CsvDialect,
  written: DataFile,
  expected: LineCounts,
): Promise<void> {
  const { engine, layout } = source.lake
  const found = await engine.row<{ rows: number; text_bytes: number }>(sql`
    select count(*) as rows, ${textBytes(Object.keys(source.table.columns), dialect.extra.length > 0)} as text_bytes
    from ${readParquet([joinPath(layout.lake, written.path)])}`)
  if (found.rows === expected.rows && found.text_bytes === expected.textBytes) return
  await removeDataFile(layout, written)
  throw new DroplakeError('ENGINE_FAILED', 'what the engine read does not agree with the account', {
    details: { expected, found },
  })
}
