// How values are written in Avro: loops over the rows of a chunk, one for each layout of DuckDB's memory.
import type { DuckDBDataChunk } from '@duckdb/node-api'
import { type FixedColumn, fixedColumn, isValid, TextColumn } from '../core/chunk-memory.ts'
import { SHORT_TEXT_BYTES } from '../core/duckdb-memory.ts'
import type { ColumnEncoder } from './encode-columns.ts'
import { IsoTimestampWriter } from './iso-timestamp-writer.ts'
import { varintBytes, writeVarint } from './varint-halves.ts'

/** One that knows which rows have a value. */
export interface ValueEncoder extends ColumnEncoder {
  readonly validity: Uint8Array | null
}

/** Values of one size, side by side in memory. */
abstract class FixedValues implements ValueEncoder {
  readonly #index: number
  protected readonly itemBytes: number
  protected column: FixedColumn = { bytes: new Uint8Array(), validity: null }

  constructor(index: number, itemBytes: number) {
    this.#index = index
    this.itemBytes = itemBytes
  }

  get validity(): Uint8Array | null {
    return this.column.validity
  }

  read(chunk: DuckDBDataChunk): void {
    this.column = fixedColumn(chunk, this.#index, this.itemBytes)
  }

  /** The values as numbers of 32 bits: of longer ones the low half first. */
  protected halves(): Int32Array {
    const { bytes } = this.column
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  }

  abstract addSizes(sizes: Int32Array, rowCount: number): void
  abstract write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void
}

/** A number near zero, of either sign, is short: 0, -1, 1, -2 are written as 0, 1, 2, 3. */
export class Ints extends FixedValues {
  constructor(index: number) {
    super(index, 4)
  }

  addSizes(sizes: Int32Array, rowCount: number): void {
    const [values, { validity }] = [this.halves(), this]
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue
      const value = values[row] as number
      sizes[row] = (sizes[row] as number) + varintBytes((value << 1) ^ (value >> 31), 0)
    }
  }

  write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void {
    const [values, { validity }] = [this.halves(), this]
    for (let row = start; row < end; row++) {
      if (!isValid(validity, row)) continue
      const value = values[row] as number
      places[row] = writeVarint(bytes, places[row] as number, (value << 1) ^ (value >> 31), 0)
    }
  }
}

export class Longs extends FixedValues {
  constructor(index: number) {
    super(index, 8)
  }

  addSizes(sizes: Int32Array, rowCount: number): void {
    const [halves, { validity }] = [this.halves(), this]
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue
      const [low, high] = [halves[row * 2] as number, halves[row * 2 + 1] as number]
      const sign = high >> 31
      sizes[row] = (sizes[row] as number) + varintBytes((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign)
    }
  }

  write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void {
    const [halves, { validity }] = [this.halves(), this]
    for (let row = start; row < end; row++) {
      if (!isValid(validity, row)) continue
      const [low, high] = [halves[row * 2] as number, halves[row * 2 + 1] as number]
      const sign = high >> 31
      places[row] = writeVarint(bytes, places[row] as number, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign)
    }
  }
}

/** Values that Avro writes as they lie in memory, the lowest byte first. */
export class AsInMemory extends FixedValues {
  addSizes(sizes: Int32Array, rowCount: number): void {
    const { validity, itemBytes } = this
    for (let row = 0; row < rowCount; row++) if (isValid(validity, row)) sizes[row] = (sizes[row] as number) + itemBytes
  }

  write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void {
    const { itemBytes, validity } = this
    const values = this.column.bytes
    for (let row = start; row < end; row++) {
      if (!isValid(validity, row)) continue
      const place = places[row] as number
      for (let index = 0; index < itemBytes; index++) bytes[place + index] = values[row * itemBytes + index] as number
      places[row] = place + itemBytes
    }
  }
}

/** Two's complement, the highest byte first, without bytes that say nothing but the sign; its length before it. */
export class Decimals extends FixedValues {
  addSizes(sizes: Int32Array, rowCount: number): void {
    for (let row = 0; row < rowCount; row++)
      if (isValid(this.validity, row)) sizes[row] = (sizes[row] as number) + 1 + this.#lengthOf(row)
  }

  write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void {
    const values = this.column.bytes
    for (let row = start; row < end; row++) {
      if (!isValid(this.validity, row)) continue
      const length = this.#lengthOf(row)
      let place = places[row] as number
      bytes[place++] = length * 2
      for (let index = length - 1; index >= 0; index--) bytes[place++] = values[row * this.itemBytes + index] as number
      places[row] = place
    }
  }

  #lengthOf(row: number): number {
    const values = this.column.bytes
    const first = row * this.itemBytes
    let last = first + this.itemBytes - 1
    const sign = (values[last] as number) >= 128 ? 255 : 0
    while (last > first && values[last] === sign && (values[last - 1] as number) >= 128 === (sign === 255)) last--
    return last - first + 1
  }
}

export class Texts implements ValueEncoder {
  readonly #index: number
  readonly #column = new TextColumn()

  constructor(index: number) {
    this.#index = index
  }

  get validity(): Uint8Array | null {
    return this.#column.validity
  }

  read(chunk: DuckDBDataChunk): void {
    this.#column.read(chunk, this.#index)
  }

  addSizes(sizes: Int32Array, rowCount: number): void {
    const { lengths, validity } = this.#column
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue
      const length = lengths[row] as number
      sizes[row] = (sizes[row] as number) + varintBytes(length << 1, length >>> 31) + length
    }
  }

  write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void {
    const { bytes: source, starts, lengths, validity } = this.#column
    for (let row = start; row < end; row++) {
      if (!isValid(validity, row)) continue
      const [from, length] = [starts[row] as number, lengths[row] as number]
      const place = writeVarint(bytes, places[row] as number, length << 1, length >>> 31)
      if (length >= SHORT_TEXT_BYTES) bytes.set(source.subarray(from, from + length), place)
      else for (let offset = 0; offset < length; offset++) bytes[place + offset] = source[from + offset] as number
      places[row] = place + length
    }
  }
}

/** Moments as text: a length, which is one byte, and ISO 8601. */
export class IsoTimestamps extends FixedValues {
  readonly #writer: IsoTimestampWriter

  constructor(index: number, column: string) {
    super(index, 8)
    this.#writer = new IsoTimestampWriter(column)
  }

  addSizes(sizes: Int32Array, rowCount: number): void {
    const [halves, { validity }] = [this.halves(), this]
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue
      this.#writer.take(halves[row * 2] as number, halves[row * 2 + 1] as number)
      sizes[row] = (sizes[row] as number) + 1 + this.#writer.bytes
    }
  }

  write(bytes: Uint8Array, places: Int32Array, start: number, end: number): void {
    const [halves, { validity }] = [this.halves(), this]
    for (let row = start; row < end; row++) {
      if (!isValid(validity, row)) continue
      const place = places[row] as number
      this.#writer.take(halves[row * 2] as number, halves[row * 2 + 1] as number)
      bytes[place] = this.#writer.bytes * 2
      this.#writer.write(bytes, place + 1)
      places[row] = place + 1 + this.#writer.bytes
    }
  }
}
