import type { DuckDBAppender } from '@duckdb/node-api'
import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import { DroplakeError, messageOf } from '../core/errors.ts'
import { NewChunk } from '../core/new-chunk.ts'
import type { Cursor } from './avro/varint.ts'
import type { FieldReader } from './plan-fields.ts'
import type { RisingStretches } from './rising-stretches.ts'

/** A chunk is given to the engine before it has so many bytes of records, however few rows these are. */
const MOST_BYTES = 16 * 1024 * 1024

/** Rows on their way into a table of the engine, a chunk at a time: the columns of the file, then `_origin` and `_line`. */
export class ChunkTarget {
  readonly #appender: DuckDBAppender
  readonly #fields: readonly FieldReader[]
  readonly #stretches: readonly (RisingStretches | null)[]
  readonly #columnCount: number
  readonly #origins = new Int32Array(CHUNK_ROWS)
  readonly #lines = new Int32Array(CHUNK_ROWS * 2)
  readonly #chunk: NewChunk
  /** Rows that are read, and those of them whose place is known. */
  #rows = 0
  #placedRows = 0
  #bytes = 0

  /** @param stretches by column of the file; null where nobody wants to know */
  constructor(
    appender: DuckDBAppender,
    fields: readonly FieldReader[],
    columnCount: number,
    stretches: readonly (RisingStretches | null)[],
  ) {
    this.#appender = appender
    this.#fields = fields
    this.#columnCount = columnCount
    this.#stretches = stretches
    this.#chunk = new NewChunk(Array.from({ length: columnCount + 2 }, (_, index) => appender.columnType(index)))
  }

  /** Rows in the chunk. */
  get rows(): number {
    return this.#rows
  }

  get isFull(): boolean {
    return this.#rows === CHUNK_ROWS || this.#bytes >= MOST_BYTES
  }

  /** Read records into the next rows, until there are so many more or the chunk is full. */
  read(cursor: Cursor, count: number): void {
    const fields = this.#fields
    for (const end = this.#rows + count; this.#rows < end && !this.isFull; this.#rows++) {
      const from = cursor.at
      for (const field of fields) {
        if (field.column === null) field.skip(cursor)
        else field.decoder.read(cursor, this.#rows)
      }
      if (cursor.at > cursor.bytes.length) throw new Error('it goes beyond the block')
      this.#bytes += cursor.at - from
    }
  }

  /** Tell where the next rows come from. */
  place(origin: number, line: number, rows: number): void {
    for (let step = 0; step < rows; step++) {
      const row = this.#placedRows + step
      this.#origins[row] = origin
      this.#lines[row * 2] = (line + step) | 0
      this.#lines[row * 2 + 1] = Math.floor((line + step) / 2 ** 32)
    }
    this.#placedRows += rows
  }

  /** Give the rows to the engine. @throws {NotUtf8}, {DroplakeError} ENGINE_FAILED */
  flush(): void {
    const [chunk, rowCount] = [this.#chunk, this.#rows]
    if (rowCount === 0) return
    for (const field of this.#fields) {
      if (field.column === null) continue
      const { numbers } = field.decoder
      if (numbers !== null) this.#stretches[field.column]?.take(numbers, rowCount)
      field.decoder.fill(chunk, field.column, rowCount)
    }
    chunk.setColumn(this.#columnCount, new Uint8Array(this.#origins.buffer), null)
    chunk.setColumn(this.#columnCount + 1, new Uint8Array(this.#lines.buffer), null)
    chunk.chunk.rowCount = rowCount
    try {
      this.#appender.appendDataChunk(chunk.chunk)
    } catch (cause) {
      throw new DroplakeError('ENGINE_FAILED', messageOf(cause), { cause })
    }
    chunk.reset()
    this.#rows = 0
    this.#placedRows = 0
    this.#bytes = 0
  }
}
