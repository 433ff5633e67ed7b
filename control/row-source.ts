import type { Engine } from '../core/engine.ts'

/** How far the backup or restore of a table is. */
export interface RowProgress {
  readonly table: string
  readonly stage: 'backup' | 'restore' | 'check'
  readonly doneRows: number
  readonly totalRows: number
}

/** @throws the reason of a stop: a loop over rows that reports its progress can be stopped */
export type OnRows = (progress: RowProgress) => void

/** Rows for a table that come from outside, batch by batch, into a table of the engine. */
export interface RowSource {
  /** Columns of the batches that hold columns of the table; a column of the table that is not here has no values. */
  readonly columns: readonly SourceColumn[]
  /** Dates and times that are text are written in ISO 8601, whatever the contract says. */
  readonly writesIso: boolean
  /**
   * Put the next rows into a table of the engine's memory that is made for them: `columns`, then `_origin` (index into
   * `origins`) and `_line`. A statement of the engine may be under way meanwhile.
   *
   * @returns null when there are no more; only then the source is known to be whole
   * @throws {DroplakeError} BACKUP_DAMAGED
   */
  readonly fill: (engine: Engine, tableName: string) => Promise<RowBatch | null>
  /** Ranges in which a value of a column may come twice, of the rows until now; all others come once. Null where that is not known. */
  readonly overlaps: (column: string) => readonly ValueRange[] | null
}

/** Whole numbers from the first to the last. */
export interface ValueRange {
  readonly first: bigint
  readonly last: bigint
}

export interface SourceColumn {
  readonly name: string
  /** DuckDB's, in upper case: `INTEGER`, `VARCHAR`, `DECIMAL(10,2)`. */
  readonly type: string
}

export interface RowBatch {
  readonly rows: number
  /** What rows can have in common: the values of the columns of ours but `_line`, as text. Empty where nothing is known. */
  readonly origins: readonly Readonly<Record<string, string | null>>[]
}

/** A file with rows for a table, and what it says of itself. Close it, whatever happens. */
export interface BackupSource extends RowSource {
  /** Absolute. */
  readonly path: string
  readonly sizeBytes: number
  /** Null for a file of another program. */
  readonly metadata: {
    readonly lake: string
    readonly table: string
    readonly version: number
    readonly rows: number
    readonly madeAt: string
    readonly contract: string
    readonly digest: string
  } | null
  readonly hasLineage: boolean
  /** Names of the files that rows come from, by file id, as far as they were met. */
  readonly fileNames: ReadonlyMap<string, string>
  /** Columns of the table that the file lacks, fields that no column takes, and fields whose type no column can have. */
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly unreadable: readonly string[]
  /** SHA-256 over the records as they are encoded, of those that were read until now. */
  readonly digest: string
  readonly close: () => Promise<void>
}
