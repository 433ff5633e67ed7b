// The memory of DuckDB's chunks, a column at a time: a value object per row would cost more than all else that is done with it.
import type { DuckDBDataChunk } from '@duckdb/node-api'
import type duckdb from '@duckdb/node-bindings'
import { addressAt, bindings, CHUNK_ROWS, MOST_INLINE_BYTES, SLOT_BYTES, SLOT_WORDS } from './duckdb-memory.ts'

/** Values of one size, side by side; a bit of `validity` (null: all are there) is 1 where a row has a value. */
export interface FixedColumn {
  readonly bytes: Uint8Array
  readonly validity: Uint8Array | null
}

/** @param itemBytes size of a value; the memory is DuckDB's own and lasts as long as the chunk */
export function fixedColumn(chunk: DuckDBDataChunk, index: number, itemBytes: number): FixedColumn {
  const vector = bindings.data_chunk_get_vector(chunk.chunk, index)
  return {
    bytes: bindings.vector_get_data(vector, chunk.rowCount * itemBytes),
    validity: validityOf(vector, chunk.rowCount),
  }
}

export function isValid(validity: Uint8Array | null, row: number): boolean {
  return validity === null || (((validity[row >> 3] as number) >> (row & 7)) & 1) === 1
}

/** Texts so near to one another are fetched together. A gap below the size of a page lies on the pages of its two neighbours. */
const MOST_GAP_BYTES = 1024

/** The texts (or blobs) of a column as bytes: row `r` has `lengths[r]` bytes from `starts[r]` on. Used again chunk by chunk. */
export class TextColumn {
  bytes: Uint8Array = new Uint8Array(64 * 1024)
  readonly starts: Uint32Array = new Uint32Array(CHUNK_ROWS)
  readonly lengths: Int32Array = new Int32Array(CHUNK_ROWS)
  validity: Uint8Array | null = null
  #usedBytes = 0
  /** A row that has the text of an address: a dictionary gives the same one to many rows, often side by side. */
  readonly #rowOf = new Map<number, number>()
  #lastAddress = 0
  #lastRow = 0

  read(chunk: DuckDBDataChunk, index: number): void {
    const rowCount = chunk.rowCount
    const vector = bindings.data_chunk_get_vector(chunk.chunk, index)
    const data = bindings.vector_get_data(vector, rowCount * SLOT_BYTES)
    const slots = new Uint32Array(data.buffer, data.byteOffset, rowCount * SLOT_WORDS)
    this.validity = validityOf(vector, rowCount)
    this.#usedBytes = 0
    this.#rowOf.clear()
    this.#lastAddress = 0
    for (let row = 0; row < rowCount; row++) {
      const length = isValid(this.validity, row) ? (slots[row * SLOT_WORDS] as number) : 0
      if (length > MOST_INLINE_BYTES) {
        row = this.#readFar(data, slots, row, rowCount)
        continue
      }
      this.starts[row] = this.#usedBytes
      this.lengths[row] = length
      this.#addInline(data, row * SLOT_BYTES + 4, length)
    }
  }

  /** The text of a row as a string. */
  text(row: number): string {
    const start = this.starts[row] as number
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.lengths[row]).toString('utf8')
  }

  /** Whether two rows have the same bytes. */
  isSame(row: number, other: number): boolean {
    const length = this.lengths[row] as number
    const [start, otherStart] = [this.starts[row] as number, this.starts[other] as number]
    if (length !== this.lengths[other]) return false
    if (start === otherStart) return true
    for (let offset = 0; offset < length; offset++)
      if (this.bytes[start + offset] !== this.bytes[otherStart + offset]) return false
    return true
  }

  /**
   * Texts from a row on that follow each other in memory, as they do in a chunk that was read from Parquet: fetched at once.
   *
   * @returns the last row that was read
   */
  #readFar(data: Uint8Array, slots: Uint32Array, first: number, rowCount: number): number {
    const address = addressAt(slots, first)
    const length = slots[first * SLOT_WORDS] as number
    const known = address === this.#lastAddress ? this.#lastRow : this.#rowOf.get(address)
    if (known !== undefined && this.lengths[known] === length) {
      this.starts[first] = this.starts[known] as number
      this.lengths[first] = length
      this.#lastAddress = address
      this.#lastRow = first
      return first
    }
    let [last, end] = [first, address + length]
    for (let row = first; row < rowCount; row++) {
      const bytes = isValid(this.validity, row) ? (slots[row * SLOT_WORDS] as number) : 0
      if (bytes <= MOST_INLINE_BYTES) break
      const start = addressAt(slots, row)
      if (row > first && (start < end || start - end > MOST_GAP_BYTES)) break
      this.starts[row] = this.#usedBytes + start - address
      this.lengths[row] = bytes
      end = start + bytes
      last = row
    }
    if (last === first) this.#rowOf.set(address, first)
    const at = data.byteOffset + first * SLOT_BYTES + 8
    this.#add(bindings.get_data_from_pointer(data.buffer as ArrayBuffer, at, end - address))
    return last
  }

  #add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.bytes.set(bytes, this.#usedBytes)
    this.#usedBytes += bytes.length
  }

  /** So few bytes are copied faster one by one. */
  #addInline(data: Uint8Array, start: number, length: number): void {
    this.#makeRoom(MOST_INLINE_BYTES)
    for (let index = 0; index < length; index++) this.bytes[this.#usedBytes + index] = data[start + index] as number
    this.#usedBytes += length
  }

  #makeRoom(bytes: number): void {
    const needed = this.#usedBytes + bytes
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.#usedBytes))
    this.bytes = larger
  }
}

function validityOf(vector: duckdb.Vector, rowCount: number): Uint8Array | null {
  // Typed as never null, but it is where every row has a value.
  return (bindings.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8) as Uint8Array | null) ?? null
}
