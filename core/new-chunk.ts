// Chunks that are filled here and appended to a table of DuckDB's, a column at a time.
import { isUtf8 } from 'node:buffer'
import { DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api'
import type duckdb from '@duckdb/node-bindings'
import {
  addressAt,
  bindings,
  CHUNK_ROWS,
  MOST_INLINE_BYTES,
  PREFIX_BYTES,
  SHORT_TEXT_BYTES,
  SLOT_BYTES,
  SLOT_WORDS,
  TWO_32,
} from './duckdb-memory.ts'

/** A text that is no UTF-8, by its row in the chunk. */
export class NotUtf8 extends Error {
  readonly row: number

  constructor(row: number) {
    super('a text is no UTF-8')
    this.row = row
  }
}

/**
 * Texts of a column on their way into a chunk, side by side: DuckDB gets them as one, and each row's slot points into it. Handing
 * over a text for each row would take ten times as long (2026-11).
 */
export class NewTexts {
  #bytes = new Uint8Array(64 * 1024)
  #usedBytes = 0
  readonly #starts = new Float64Array(CHUNK_ROWS)
  readonly #lengths = new Uint32Array(CHUNK_ROWS)
  readonly #slots = new Uint32Array(CHUNK_ROWS * SLOT_WORDS)
  readonly #slotBytes = new Uint8Array(this.#slots.buffer)

  /** Copy a row's text, which has to be within the source. A row that gets none has an empty one. */
  add(row: number, source: Uint8Array, start: number, length: number): void {
    const used = this.#usedBytes
    if (used + length > this.#bytes.length) this.#grow(used + length)
    const bytes = this.#bytes
    if (length >= SHORT_TEXT_BYTES) bytes.set(source.subarray(start, start + length), used)
    else for (let offset = 0; offset < length; offset++) bytes[used + offset] = source[start + offset] as number
    this.#starts[row] = used
    this.#lengths[row] = length
    this.#usedBytes = used + length
  }

  /** Give the texts of the first rows to a chunk, and begin anew. @throws {NotUtf8} */
  moveTo(chunk: NewChunk, index: number, rowCount: number): void {
    const all = this.#bytes.subarray(0, this.#usedBytes)
    // All of it is UTF-8, and each text begins with a character: so each is UTF-8.
    const fault = isUtf8(all) ? this.#firstTornRow(rowCount) : this.#firstFaultyRow(rowCount)
    if (fault >= 0) throw new NotUtf8(fault)
    const farRow = this.#lengths.findIndex((length) => length > MOST_INLINE_BYTES)
    const address = farRow < 0 ? 0 : chunk.keepText(index, farRow, all)
    this.#fillSlots(rowCount, address)
    chunk.setColumn(index, this.#slotBytes.subarray(0, rowCount * SLOT_BYTES), null)
    this.#lengths.fill(0)
    this.#usedBytes = 0
  }

  /** @param address where all texts are now */
  #fillSlots(rowCount: number, address: number): void {
    const [slots, slotBytes, bytes] = [this.#slots, this.#slotBytes, this.#bytes]
    slots.fill(0)
    for (let row = 0; row < rowCount; row++) {
      const [start, length] = [this.#starts[row] as number, this.#lengths[row] as number]
      const isFar = length > MOST_INLINE_BYTES
      const shown = isFar ? PREFIX_BYTES : length
      const slot = row * SLOT_WORDS
      slots[slot] = length
      for (let offset = 0; offset < shown; offset++) slotBytes[slot * 4 + 4 + offset] = bytes[start + offset] as number
      if (!isFar) continue
      slots[slot + 2] = (address + start) % TWO_32
      slots[slot + 3] = Math.floor((address + start) / TWO_32)
    }
  }

  #firstTornRow(rowCount: number): number {
    for (let row = 0; row < rowCount; row++) {
      const isThere = (this.#lengths[row] as number) > 0
      if (isThere && ((this.#bytes[this.#starts[row] as number] as number) & 0xc0) === 0x80) return row
    }
    return -1
  }

  #firstFaultyRow(rowCount: number): number {
    for (let row = 0; row < rowCount; row++) {
      const start = this.#starts[row] as number
      if (!isUtf8(this.#bytes.subarray(start, start + (this.#lengths[row] as number)))) return row
    }
    return -1
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#usedBytes))
    this.#bytes = larger
  }
}

/** A chunk while it is filled, to be appended to a table; then it can be filled again. */
export class NewChunk {
  readonly chunk: DuckDBDataChunk
  readonly #vectors: readonly duckdb.Vector[]

  constructor(types: readonly DuckDBType[]) {
    this.chunk = DuckDBDataChunk.create(types)
    this.#vectors = types.map((_, index) => bindings.data_chunk_get_vector(this.chunk.chunk, index))
  }

  /** @param bytes values side by side, and `validity` as in `FixedColumn`; of texts (`NewTexts`) only the latter */
  setColumn(index: number, bytes: Uint8Array | null, validity: Uint8Array | null): void {
    const vector = this.#vectors[index] as duckdb.Vector
    if (bytes !== null)
      bindings.copy_data_to_vector(vector, 0, bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
    if (validity === null) return
    bindings.vector_ensure_validity_writable(vector)
    bindings.copy_data_to_vector_validity(
      vector,
      0,
      validity.buffer as ArrayBuffer,
      validity.byteOffset,
      validity.length,
    )
  }

  /** Keep a text of more than twelve bytes as long as the rows of the chunk. @returns where it is in memory */
  keepText(index: number, row: number, utf8: Uint8Array): number {
    const vector = this.#vectors[index] as duckdb.Vector
    bindings.vector_assign_string_element_len(vector, row, utf8)
    const slot = bindings.vector_get_data(vector, (row + 1) * SLOT_BYTES)
    return addressAt(new Uint32Array(slot.buffer, slot.byteOffset, (row + 1) * SLOT_WORDS), row)
  }

  /** Forget all rows. */
  reset(): void {
    this.chunk.reset()
  }
}
