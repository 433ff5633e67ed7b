import type { DataFile } from '../../control/ledger.ts'
import type { CopiedUpload } from '../uploads/index.ts'
import { loadCsv } from './csv/load-csv.ts'
import { isJsonLines, loadJsonLines } from './json-lines/load-json-lines.ts'
import type { BatchCounts } from './record-batch.ts'
import { type LoadedRecords, type RecordSource, undoLoad } from './record-source.ts'
import { refuseWhenNothingFits } from './refuse-when-nothing-fits.ts'
import { type OpenedText, openText, removeScratch } from './text/open-text.ts'

/** How a file was read; kept in control.files.dialect. */
export type FileDialect = LoadedRecords['dialect'] &
  Pick<OpenedText, 'compression' | 'encoding' | 'hasByteOrderMark'> &
  Pick<LoadedRecords, 'reader'> & { readonly isCorrection: boolean }

/** An upload whose records are in ODS, or in the batch that goes there: every one of them. */
export interface RawFile {
  readonly upload: CopiedUpload
  readonly fileId: string
  readonly dialect: FileDialect
  readonly records: number
  readonly blank: number
  /** What the engine read of it, a row per line from `dialect.start.line` on; null when it read nothing. */
  readonly regular: DataFile | null
  readonly inBatch: BatchCounts
}

/**
 * Read one upload as its table, whatever it is: unpacked, as UTF-8, as CSV or JSON lines.
 *
 * @throws {DroplakeError} an input error when it cannot be read as its table; nothing of it is left then
 */
export async function loadRaw(source: RecordSource): Promise<RawFile> {
  const { upload, table, limits } = source
  try {
    const text = await openText({ ...upload, encoding: table.encoding, limits })
    return await loadText(source, text)
  } finally {
    await removeScratch(upload)
  }
}

async function loadText(source: RecordSource, text: OpenedText): Promise<RawFile> {
  const { upload, fileId } = source
  const loaded = isJsonLines(upload.name) ? await loadJsonLines(source, text) : await loadCsv(source, text)
  try {
    refuseWhenNothingFits(source, loaded)
  } catch (error) {
    await undoLoad(source, loaded)
    throw error
  }
  const { compression, encoding, hasByteOrderMark } = text
  const { dialect, reader, regular, inBatch, blank, account } = loaded
  return {
    upload,
    fileId,
    dialect: { ...dialect, compression, encoding, hasByteOrderMark, reader, isCorrection: upload.isCorrection },
    records: account.records,
    blank,
    regular,
    inBatch,
  }
}
