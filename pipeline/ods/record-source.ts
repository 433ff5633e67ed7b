import { removeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { LimitsConfig, TableConfig } from '../../core/config/schema.ts'
import type { CopiedUpload } from '../uploads/index.ts'
import type { CsvDialect } from './csv/dialect.ts'
import type { Fault } from './fault-sentence.ts'
import type { JsonLinesDialect } from './json-lines/load-json-lines.ts'
import type { BatchCounts, RecordBatch } from './record-batch.ts'

/** An upload that is to be read as its table, and where its records go. */
export interface RecordSource {
  readonly lake: Lake
  readonly run: Run
  readonly upload: CopiedUpload
  readonly fileId: string
  readonly tableName: string
  readonly table: TableConfig
  readonly limits: LimitsConfig
  readonly batch: RecordBatch
  /** A file of at most so many bytes is read by our own parser alone. */
  readonly smallBytes: number
  readonly onBytes: (doneBytes: number, totalBytes: number) => void
}

/** What a reader has counted in a file. */
export interface Account {
  readonly records: number
  readonly malformed: number
  /** Malformed records by what is wrong with them, and by their number of fields where that is known. */
  readonly faults: ReadonlyMap<Fault, number>
  readonly fieldCounts: ReadonlyMap<number, number>
}

/** Where the records of a file are now. */
export interface LoadedRecords {
  readonly dialect: CsvDialect | JsonLinesDialect
  readonly account: Account
  /** Who read most of them. */
  readonly reader: 'engine' | 'parser'
  /** The data file that the engine wrote: a row per line from `dialect.start.line` on. Null when there is none. */
  readonly regular: DataFile | null
  readonly blank: number
  /** What of the file must be in the batch. */
  readonly inBatch: BatchCounts
}

/** Take back what was loaded of a file: from the batch, and the data file that the engine wrote. */
export async function undoLoad(
  { lake, batch, fileId }: Pick<RecordSource, 'lake' | 'batch' | 'fileId'>,
  { regular }: Pick<LoadedRecords, 'regular'>,
): Promise<void> {
  await batch.removeFile(fileId)
  if (regular !== null) await removeDataFile(lake.layout, regular)
}
