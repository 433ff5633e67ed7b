import type { DuckDBDataChunk } from '@duckdb/node-api'
import { type FixedColumn, fixedColumn, isValid, TextColumn } from '../core/chunk-memory.ts'
import { assertNever, DroplakeError } from '../core/errors.ts'
import type { Field, Layout } from './table-schema.ts'

/** Records of one block, encoded side by side. */
export interface EncodedBlock {
  readonly rows: number
  readonly bytes: Uint8Array
}

/** A block is given out when it has so many bytes; readers hold one in memory at a time. */
const BLOCK_BYTES = 256 * 1024
/** No number takes more: ten bytes of a long, sixteen of a decimal and its length. */
const MOST_NUMBER_BYTES = 20

/**
 * Encodes chunks as Avro records, straight from DuckDB's memory. The steps for a table's columns are put together once.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
export class RowEncoder {
  readonly #columns: readonly ColumnEncoder[]
  readonly #out: Output = { bytes: new Uint8Array(BLOCK_BYTES), at: 0 }
  #rows = 0

  /** @param fields those of the chunk's first columns, in their order */
  constructor(fields: readonly Field[]) {
    this.#columns = fields.map((field, index) => {
      const column = encoderOf(field.layout, index)
      return field.isOptional ? optional(column) : mandatory(column, field.column)
    })
  }

  /** Add a chunk's rows. @returns the blocks that are full by now */
  encode(chunk: DuckDBDataChunk): EncodedBlock[] {
    const full: EncodedBlock[] = []
    const columns = this.#columns
    for (const column of columns) column.read(chunk)
    for (let row = 0; row < chunk.rowCount; row++) {
      let needed = 0
      for (const column of columns) needed += column.mostBytes(row)
      makeRoom(this.#out, needed)
      for (const column of columns) column.write(this.#out, row)
      this.#rows++
      if (this.#out.at >= BLOCK_BYTES) full.push(this.#take())
    }
    return full
  }

  /** The records that are left; null when there are none. */
  end(): EncodedBlock | null {
    return this.#rows === 0 ? null : this.#take()
  }

  #take(): EncodedBlock {
    const block = { rows: this.#rows, bytes: this.#out.bytes.subarray(0, this.#out.at) }
    this.#out.bytes = new Uint8Array(BLOCK_BYTES + BLOCK_BYTES / 8)
    this.#out.at = 0
    this.#rows = 0
    return block
  }
}

interface Output {
  bytes: Uint8Array
  at: number
}

/** The steps for one column. `write` takes for granted that there is room for `mostBytes`. */
interface ColumnEncoder {
  readonly read: (chunk: DuckDBDataChunk) => void
  readonly mostBytes: (row: number) => number
  readonly write: (out: Output, row: number) => void
  readonly isThere: (row: number) => boolean
}

function makeRoom(out: Output, bytes: number): void {
  if (out.at + bytes <= out.bytes.length) return
  const larger = new Uint8Array(Math.max(out.at + bytes, out.bytes.length * 2))
  larger.set(out.bytes.subarray(0, out.at))
  out.bytes = larger
}

function encoderOf(layout: Layout, index: number): ColumnEncoder {
  switch (layout.kind) {
    case 'int':
      return fixed(index, 4, intWriter)
    case 'long':
      return fixed(index, 8, longWriter)
    case 'double':
      return fixed(index, 8, bytesWriter(8))
    case 'boolean':
      return fixed(index, 1, bytesWriter(1))
    case 'decimal':
      return fixed(index, layout.bytes, decimalWriter(layout.bytes))
    case 'text':
      return text(index)
    default:
      return assertNever(layout)
  }
}

/** A union with null: the branch's number, 0 or 1, then the value. */
function optional(column: ColumnEncoder): ColumnEncoder {
  return {
    ...column,
    mostBytes: (row) => 1 + column.mostBytes(row),
    write: (out, row) => {
      const isThere = column.isThere(row)
      out.bytes[out.at++] = isThere ? 2 : 0
      if (isThere) column.write(out, row)
    },
  }
}

/** Nothing stands for a missing value here; the schema was made for rows that have none. */
function mandatory(column: ColumnEncoder, name: string): ColumnEncoder {
  return {
    ...column,
    read: (chunk) => {
      column.read(chunk)
      for (let row = 0; row < chunk.rowCount; row++)
        if (!column.isThere(row)) throw new DroplakeError('INTERNAL', `column "${name}" has a row without a value`)
    },
  }
}

type WriteFixed = (out: Output, row: number) => void

function fixed(index: number, itemBytes: number, writerOf: (column: FixedColumn) => WriteFixed): ColumnEncoder {
  let column: FixedColumn
  let writeValue: WriteFixed
  return {
    read: (chunk) => {
      column = fixedColumn(chunk, index, itemBytes)
      writeValue = writerOf(column)
    },
    mostBytes: () => MOST_NUMBER_BYTES,
    write: (out, row) => writeValue(out, row),
    isThere: (row) => isValid(column.validity, row),
  }
}

function intWriter({ bytes }: FixedColumn): WriteFixed {
  const values = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  return (out, row) => {
    const value = values[row] as number
    writeVarint(out, (value << 1) ^ (value >> 31), 0)
  }
}

function longWriter({ bytes }: FixedColumn): WriteFixed {
  const halves = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  return (out, row) => {
    const [low, high] = [halves[row * 2] as number, halves[row * 2 + 1] as number]
    const sign = high >> 31
    writeVarint(out, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign)
  }
}

/** Seven bits a byte, the lowest first, of 64 bits in two halves; a number near zero, of either sign, is short. */
function writeVarint(out: Output, low: number, high: number): void {
  const { bytes } = out
  let at = out.at
  while (high !== 0 || low >>> 0 > 127) {
    bytes[at++] = (low & 127) | 128
    low = (low >>> 7) | ((high & 127) << 25)
    high >>>= 7
  }
  bytes[at++] = low
  out.at = at
}

/** Values that Avro writes as they lie in memory, the lowest byte first. */
function bytesWriter(itemBytes: number): (column: FixedColumn) => WriteFixed {
  return ({ bytes }) =>
    (out, row) => {
      const start = row * itemBytes
      for (let index = 0; index < itemBytes; index++) out.bytes[out.at + index] = bytes[start + index] as number
      out.at += itemBytes
    }
}

/** Two's complement, the highest byte first, without bytes that say nothing but the sign. */
function decimalWriter(itemBytes: number): (column: FixedColumn) => WriteFixed {
  return ({ bytes }) =>
    (out, row) => {
      const start = row * itemBytes
      const at = (index: number) => bytes[start + index] as number
      const sign = at(itemBytes - 1) >= 128 ? 255 : 0
      let length = itemBytes
      while (length > 1 && at(length - 1) === sign && at(length - 2) >= 128 === (sign === 255)) length--
      writeVarint(out, length * 2, 0)
      for (let index = length - 1; index >= 0; index--) out.bytes[out.at++] = at(index)
    }
}

/** Texts shorter than this are copied faster byte by byte. */
const SHORT_TEXT_BYTES = 40

function text(index: number): ColumnEncoder {
  const column = new TextColumn()
  return {
    read: (chunk) => column.read(chunk, index),
    mostBytes: (row) => MOST_NUMBER_BYTES + (column.lengths[row] as number),
    isThere: (row) => isValid(column.validity, row),
    write: (out, row) => {
      const [start, length] = [column.starts[row] as number, column.lengths[row] as number]
      writeVarint(out, length << 1, length >>> 31)
      const source = column.bytes
      if (length < SHORT_TEXT_BYTES) {
        const { bytes, at } = out
        for (let offset = 0; offset < length; offset++) bytes[at + offset] = source[start + offset] as number
      } else {
        out.bytes.set(source.subarray(start, start + length), out.at)
      }
      out.at += length
    },
  }
}
