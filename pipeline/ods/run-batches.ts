import { isDeepStrictEqual } from 'node:util'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'
import type { CopiedUpload } from '../uploads/index.ts'
import type { RawFile } from './load-raw.ts'
import { NO_BATCH_COUNTS, RecordBatch } from './record-batch.ts'
import { type RecordSource, undoLoad } from './record-source.ts'

/** Up to this size our own parser is as fast as the engine, and the file needs no data file of its own. 1 MiB. */
const SMALL_BYTES = 1024 * 1024

/** The batches of a run, one for each table that has uploads. */
export class RunBatches {
  readonly #lake: Lake
  readonly #run: Run
  /** Promises, so that two files of one table that come at once share its batch. */
  readonly #batches = new Map<string, Promise<RecordBatch>>()

  constructor(lake: Lake, run: Run) {
    this.#lake = lake
    this.#run = run
  }

  /** All that a reader needs to know of an upload. */
  async sourceOf(upload: CopiedUpload, fileId: string): Promise<RecordSource> {
    const { tables, limits } = this.#lake.project.config
    const { tableName } = upload
    const contract = tables[tableName]
    if (contract === undefined) throw new DroplakeError('INTERNAL', `no contract for table "${tableName}"`)
    const table = upload.isCorrection ? asWeWrite(contract) : contract
    const batch = await this.#batchOf(tableName, Object.keys(table.columns))
    const { onProgress, stop } = this.#lake
    const onBytes = (doneBytes: number, totalBytes: number) => {
      stop.throwIfAborted()
      onProgress({ file: upload.name, stage: 'read', doneBytes, totalBytes })
    }
    return {
      lake: this.#lake,
      run: this.#run,
      upload,
      fileId,
      tableName,
      table,
      limits,
      batch,
      smallBytes: upload.isCorrection ? Number.POSITIVE_INFINITY : SMALL_BYTES,
      onBytes,
    }
  }

  /** Files of which the batches do not hold what their accounts say; all that was loaded of them is taken back. */
  async removeUnequal(rawFiles: readonly RawFile[]): Promise<RawFile[]> {
    const unequal: RawFile[] = []
    for (const [tableName, opened] of this.#batches) {
      const batch = await opened
      const counts = await batch.counts()
      for (const file of rawFiles.filter(({ upload }) => upload.tableName === tableName)) {
        const found = counts.get(file.fileId) ?? NO_BATCH_COUNTS
        if (isDeepStrictEqual(found, file.inBatch)) continue
        this.#lake.log.warn(
          { file: file.upload.name, expected: file.inBatch, found },
          'batch does not agree with the account',
        )
        await undoLoad({ lake: this.#lake, batch, fileId: file.fileId }, file)
        unequal.push(file)
      }
    }
    return unequal
  }

  /** Write each batch as a data file. @returns by table; a batch without records is not there */
  async write(): Promise<Map<string, DataFile>> {
    const written = new Map<string, DataFile>()
    for (const [tableName, opened] of this.#batches) {
      const batch = await opened
      const file = { layer: 'ods' as const, tableName }
      const dataFile = await writeDataFile(this.#lake, this.#run, file, batch.records())
      if (dataFile !== null) written.set(tableName, dataFile)
      await batch.drop()
    }
    return written
  }

  #batchOf(tableName: string, columns: readonly string[]): Promise<RecordBatch> {
    const known = this.#batches.get(tableName)
    if (known !== undefined) return known
    const opened = RecordBatch.open(this.#lake.engine, String(this.#batches.size + 1), columns)
    this.#batches.set(tableName, opened)
    return opened
  }
}

/**
 * A contract for a CSV of the quarantine: whatever the table's own files are like, this one is in UTF-8 with a header, a
 * spreadsheet may have chosen another delimiter, and a column that was deleted keeps what it had.
 */
function asWeWrite({ delimiter: _d, quote: _q, escape: _e, encoding: _c, ...table }: TableConfig): TableConfig {
  return { ...table, header: true, onExtraColumns: 'keep', onMissingColumns: 'quarantine' }
}
