import type { DuckDBDataChunk } from '@duckdb/node-api'
import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import { DroplakeError } from '../core/errors.ts'
import { type ColumnEncoder, encoderOf } from './encode-columns.ts'
import type { Field } from './table-schema.ts'

/** Records of one block, encoded side by side. */
export interface EncodedBlock {
  readonly rows: number
  readonly bytes: Uint8Array
}

/** A block is given out when it has so many bytes; readers hold one in memory at a time. */
const BLOCK_BYTES = 256 * 1024

/**
 * Encodes chunks as Avro records, straight from DuckDB's memory: first how many bytes each row takes, which tells where it
 * begins, then the values of one column after the other, each behind what its row has already.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
export class RowEncoder {
  readonly #columns: readonly ColumnEncoder[]
  readonly #sizes = new Int32Array(CHUNK_ROWS)
  /** Where the next value of each row goes in the open block. */
  readonly #places = new Int32Array(CHUNK_ROWS)
  #bytes = newBlock()
  #usedBytes = 0
  #rows = 0

  /** @param fields those of the chunk's first columns, in their order */
  constructor(fields: readonly Field[]) {
    this.#columns = fields.map(encoderOf)
  }

  /** Add a chunk's rows. Gives out blocks as they are full; the next step may need the chunk still. */
  *encode(chunk: DuckDBDataChunk): Generator<EncodedBlock> {
    const rowCount = chunk.rowCount
    this.#sizes.fill(0)
    for (const column of this.#columns) {
      column.read(chunk)
      column.addSizes(this.#sizes, rowCount)
    }
    for (let row = 0; row < rowCount; ) {
      row = this.#fillBlock(row, rowCount)
      if (this.#usedBytes >= BLOCK_BYTES) yield this.#take()
    }
  }

  /** The records that are left; null when there are none. */
  end(): EncodedBlock | null {
    return this.#rows === 0 ? null : this.#take()
  }

  /** Write rows until the block is full. @returns the row behind the last of them */
  #fillBlock(start: number, rowCount: number): number {
    let [end, place] = [start, this.#usedBytes]
    while (end < rowCount && place < BLOCK_BYTES) {
      this.#places[end] = place
      place += this.#sizes[end++] as number
    }
    this.#makeRoom(place)
    for (const column of this.#columns) column.write(this.#bytes, this.#places, start, end)
    if (this.#places[end - 1] !== place)
      throw new DroplakeError(
        'INTERNAL',
        `a record ends at byte ${this.#places[end - 1]} of its block; expected ${place}`,
      )
    this.#usedBytes = place
    this.#rows += end - start
    return end
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#bytes.length) return
    const larger = new Uint8Array(bytes)
    larger.set(this.#bytes.subarray(0, this.#usedBytes))
    this.#bytes = larger
  }

  #take(): EncodedBlock {
    const block = { rows: this.#rows, bytes: this.#bytes.subarray(0, this.#usedBytes) }
    this.#bytes = newBlock()
    this.#usedBytes = 0
    this.#rows = 0
    return block
  }
}

/** The last record of a block goes beyond its size; most find room in an eighth. */
function newBlock(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(BLOCK_BYTES + BLOCK_BYTES / 8)
}
