import { DroplakeError } from '../../../core/errors.ts'
import { type LoadedRecords, type RecordSource, undoLoad } from '../record-source.ts'
import type { OpenedText } from '../text/open-text.ts'
import { decideDialect } from './decide-dialect.ts'
import { type CsvDialect, recordFormat } from './dialect.ts'
import { EarlyWrite } from './early-write.ts'
import { RegularCopy } from './regular-copy.ts'
import { scanRecords } from './scan-records.ts'
import { type TakenRecords, takeRecords } from './take-records.ts'
import { checkLines, writeLines } from './write-regular.ts'

interface LoadedCsv extends LoadedRecords {
  readonly dialect: CsvDialect
  readonly mayHaveEscapes: boolean
}

/**
 * Load a CSV. Its records are counted by our own parser, apart from the engine. In a large file the engine reads the regular
 * ones, and what it gave is held against the account; all others, and small files, go into the batch record by record.
 *
 * @throws {DroplakeError} UPLOAD_EMPTY, CSV_HEADER_MISMATCH
 * @see docs/adr/0002-csv.md
 */
export async function loadCsv(source: RecordSource, text: OpenedText): Promise<LoadedRecords> {
  const loaded = await loadAs(source, text, await decideDialect(text, source.upload.name, source.table))
  if (!loaded.mayHaveEscapes || source.table.escape !== undefined) return loaded
  // The first records gave no reason to take backslashes for escapes, but a later one does.
  const escaped = await decideDialect(text, source.upload.name, { ...source.table, escape: 'backslash' })
  const format = recordFormat(escaped, source.table, source.limits.maxFieldBytes)
  const account = await scanRecords(text.path, escaped.start, format)
  if (account.malformed >= loaded.account.malformed) return loaded
  await undoLoad(source, loaded)
  return loadAs(source, text, escaped)
}

async function loadAs(source: RecordSource, text: OpenedText, dialect: CsvDialect): Promise<LoadedCsv> {
  if (text.sizeBytes <= source.smallBytes) return loadByParser(source, text, dialect)
  try {
    return await loadByEngine(source, text, dialect)
  } catch (error) {
    if (!(error instanceof DroplakeError) || error.code !== 'ENGINE_FAILED') throw error
    source.lake.log.warn(
      { file: source.upload.name, err: error },
      'engine could not read regular records, parsing them',
    )
    await source.batch.removeFile(source.fileId)
    return loadByParser(source, text, dialect)
  }
}

/** @throws {DroplakeError} ENGINE_FAILED when the engine cannot read the regular records, or reads them otherwise than we do */
async function loadByEngine(source: RecordSource, text: OpenedText, dialect: CsvDialect): Promise<LoadedCsv> {
  const whole = { path: text.path, dialect, skip: dialect.hasHeader ? 1 : 0, longestBytes: 0 } as const
  const early = new EarlyWrite(source, whole)
  const copy = new RegularCopy(text.path, `${source.upload.path}.regular`, dialect, () => early.cancel())
  try {
    // The engine can pass over a header of one line at the top, and over nothing else.
    if (dialect.hasHeader && !(dialect.start.line === 2 && dialect.leadingBlankLines === 0)) copy.begin()
    const taken = await takeRecords(source, text, dialect, copy, () => early.begin())
    copy.close()
    const { records, textBytes, longestBytes } = taken.account.regular
    const lines =
      copy.path === undefined
        ? { ...whole, longestBytes }
        : ({ path: copy.path, dialect, skip: 0, longestBytes } as const)
    const regular = (await early.result()) ?? (records === 0 ? null : await writeLines(source, lines))
    if (regular !== null) await checkLines(source, dialect, regular, { rows: records + copy.placeholders, textBytes })
    return { ...loadedRecords(taken, 'engine'), regular }
  } catch (error) {
    early.cancel()
    await early.result()
    throw error
  } finally {
    await copy.remove()
  }
}

async function loadByParser(source: RecordSource, text: OpenedText, dialect: CsvDialect): Promise<LoadedCsv> {
  return loadedRecords(await takeRecords(source, text, dialect), 'parser')
}

function loadedRecords({ dialect, account, mayHaveEscapes }: TakenRecords, reader: LoadedRecords['reader']): LoadedCsv {
  const regular = reader === 'engine' ? account.regular : { records: 0, textBytes: 0 }
  return {
    dialect,
    account,
    reader,
    regular: null,
    blank: account.blank + (dialect.hasHeader ? dialect.leadingBlankLines : 0),
    inBatch: {
      records: account.records - regular.records,
      malformed: account.malformed,
      textBytes: account.textBytes - regular.textBytes,
    },
    mayHaveEscapes,
  }
}
