// The memory of DuckDB's chunks, a column at a time: a value object per row would cost more than all else that is done with it.
import { DuckDBDataChunk, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api'
// The very library that the client has loaded (package.json names the same version): a second copy of it could not read the first one's chunks.
import duckdb from '@duckdb/node-bindings'

/** Rows of a chunk at most. */
export const CHUNK_ROWS = duckdb.vector_size()

/** Values of one size, side by side; a bit of `validity` (null: all are there) is 1 where a row has a value. */
export interface FixedColumn {
  readonly bytes: Uint8Array
  readonly validity: Uint8Array | null
}

/** @param itemBytes size of a value; the memory is DuckDB's own and lasts as long as the chunk */
export function fixedColumn(chunk: DuckDBDataChunk, index: number, itemBytes: number): FixedColumn {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index)
  return {
    bytes: duckdb.vector_get_data(vector, chunk.rowCount * itemBytes),
    validity: validityOf(vector, chunk.rowCount),
  }
}

export function isValid(validity: Uint8Array | null, row: number): boolean {
  return validity === null || (((validity[row >> 3] as number) >> (row & 7)) & 1) === 1
}

/** A text of DuckDB's takes 16 bytes: its length, then its bytes, or from 13 bytes on the first four and where they are. */
const SLOT_WORDS = 4
const MOST_INLINE_BYTES = 12
const TWO_32 = 2 ** 32

/** Texts so near to one another are fetched together. A gap below the size of a page lies on the pages of its two neighbours. */
const MOST_GAP_BYTES = 1024

/** The texts (or blobs) of a column as bytes: row `r` has `lengths[r]` bytes from `starts[r]` on. Used again chunk by chunk. */
export class TextColumn {
  bytes: Uint8Array = new Uint8Array(64 * 1024)
  readonly starts: Int32Array = new Int32Array(CHUNK_ROWS)
  readonly lengths: Int32Array = new Int32Array(CHUNK_ROWS)
  validity: Uint8Array | null = null
  #usedBytes = 0
  /** Where a text stands already, by its address: a dictionary gives the same one to many rows. */
  readonly #known = new Map<number, number>()

  read(chunk: DuckDBDataChunk, index: number): void {
    const rowCount = chunk.rowCount
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, index)
    const data = duckdb.vector_get_data(vector, rowCount * SLOT_WORDS * 4)
    const slots = new Uint32Array(data.buffer, data.byteOffset, rowCount * SLOT_WORDS)
    this.validity = validityOf(vector, rowCount)
    this.#usedBytes = 0
    this.#known.clear()
    for (let row = 0; row < rowCount; row++) {
      const length = isValid(this.validity, row) ? (slots[row * SLOT_WORDS] as number) : 0
      if (length > MOST_INLINE_BYTES) {
        row = this.#readFar(data, slots, row, rowCount)
        continue
      }
      this.starts[row] = this.#usedBytes
      this.lengths[row] = length
      this.#addInline(data, row * 16 + 4, length)
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
    return (
      Buffer.compare(
        this.bytes.subarray(start, start + length),
        this.bytes.subarray(otherStart, otherStart + length),
      ) === 0
    )
  }

  /**
   * Texts from a row on that follow each other in memory, as they do in a chunk that was read from Parquet: fetched at once.
   *
   * @returns the last row that was read
   */
  #readFar(data: Uint8Array, slots: Uint32Array, first: number, rowCount: number): number {
    const address = addressAt(slots, first)
    const length = slots[first * SLOT_WORDS] as number
    const known = this.#known.get(address)
    if (known !== undefined) {
      this.starts[first] = known
      this.lengths[first] = length
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
    if (last === first) this.#known.set(address, this.#usedBytes)
    const at = data.byteOffset + first * 16 + 8
    this.#add(duckdb.get_data_from_pointer(data.buffer as ArrayBuffer, at, end - address))
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

function addressAt(slots: Uint32Array, row: number): number {
  return (slots[row * SLOT_WORDS + 2] as number) + (slots[row * SLOT_WORDS + 3] as number) * TWO_32
}

function validityOf(vector: duckdb.Vector, rowCount: number): Uint8Array | null {
  // Typed as never null, but it is where every row has a value.
  return (duckdb.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8) as Uint8Array | null) ?? null
}

/** Slots of as many empty texts as a chunk can have. */
const EMPTY_TEXTS = new Uint8Array(CHUNK_ROWS * SLOT_WORDS * 4)

/** A chunk while it is filled, to be appended to a table. */
export class NewChunk {
  readonly chunk: DuckDBDataChunk
  readonly #vectors: readonly duckdb.Vector[]

  constructor(types: readonly DuckDBType[]) {
    this.chunk = DuckDBDataChunk.create(types)
    this.#vectors = types.map((_, index) => duckdb.data_chunk_get_vector(this.chunk.chunk, index))
    // A text that is no UTF-8 is not taken, and its slot would be whatever the memory held: the append would crash (1.5.6).
    for (const [index, type] of types.entries())
      if (type.typeId === DuckDBTypeId.VARCHAR) this.setColumn(index, EMPTY_TEXTS, null)
  }

  /** @param bytes UTF-8; of others the row's text stays empty */
  setText(index: number, row: number, bytes: Uint8Array): void {
    duckdb.vector_assign_string_element_len(this.#vectors[index] as duckdb.Vector, row, bytes)
  }

  /** @param bytes values side by side, and `validity` as in `FixedColumn`; of texts only the latter */
  setColumn(index: number, bytes: Uint8Array | null, validity: Uint8Array | null): void {
    const vector = this.#vectors[index] as duckdb.Vector
    if (bytes !== null)
      duckdb.copy_data_to_vector(vector, 0, bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
    if (validity === null) return
    duckdb.vector_ensure_validity_writable(vector)
    duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer as ArrayBuffer, validity.byteOffset, validity.length)
  }
}
