import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import type { Cursor } from './avro/varint.ts'
import type { ColumnDecoder } from './decode-columns.ts'

/** Whole numbers of a chunk in the making: of 64 bits (`words` 2) in two halves, the low one first. */
export interface WholeNumbers {
  readonly values: Int32Array
  readonly words: 1 | 2
  readonly isThere: (row: number) => boolean
}

const always = () => true

export function booleanDecoder(): ColumnDecoder {
  const values = new Uint8Array(CHUNK_ROWS)
  return {
    type: 'BOOLEAN',
    numbers: null,
    read: (cursor, row) => {
      values[row] = readBoolean(cursor)
    },
    fill: (chunk, column) => chunk.setColumn(column, values, null),
  }
}

export function intDecoder(type: 'INTEGER' | 'DATE'): ColumnDecoder {
  const values = new Int32Array(CHUNK_ROWS)
  const bytes = new Uint8Array(values.buffer)
  return {
    type,
    numbers: type === 'INTEGER' ? { values, words: 1, isThere: always } : null,
    read: (cursor, row) => {
      values[row] = readInt(cursor)
    },
    fill: (chunk, column) => chunk.setColumn(column, bytes, null),
  }
}

/** @param factor what one of the file's units is in DuckDB's */
export function longDecoder(type: 'BIGINT' | 'TIME' | 'TIMESTAMP', factor: bigint): ColumnDecoder {
  const halves = new Int32Array(CHUNK_ROWS * 2)
  const bytes = new Uint8Array(halves.buffer)
  const longs = new BigInt64Array(halves.buffer)
  return {
    type,
    numbers: type === 'BIGINT' ? { values: halves, words: 2, isThere: always } : null,
    read: (cursor, row) => {
      readLongHalves(cursor)
      halves[row * 2] = long.low
      halves[row * 2 + 1] = long.high
      if (factor === 1n) return
      const value = (longs[row] as bigint) * factor
      if (BigInt.asIntN(64, value) !== value) throw new Error(`a moment is too far away: ${longs[row]}`)
      longs[row] = value
    },
    fill: (chunk, column) => chunk.setColumn(column, bytes, null),
  }
}

export function doubleDecoder(itemBytes: 4 | 8): ColumnDecoder {
  const values = new Float64Array(CHUNK_ROWS)
  const bytes = new Uint8Array(values.buffer)
  return {
    type: 'DOUBLE',
    numbers: null,
    read: (cursor, row) => {
      values[row] = readDouble(cursor, itemBytes)
    },
    fill: (chunk, column) => chunk.setColumn(column, bytes, null),
  }
}

/** @throws when it is neither 0 nor 1 */
export function readBoolean(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++]
  if (byte !== 0 && byte !== 1) throw new Error(`a boolean is written as ${byte}`)
  return byte
}

/** @throws when the bytes hold more than 32 bits */
export function readInt(cursor: Cursor): number {
  const { bytes } = cursor
  let at = cursor.at
  let byte = bytes[at++] as number
  let bits = byte & 127
  for (let shift = 7; byte >= 128; shift += 7) {
    byte = bytes[at++] as number
    if (shift > 28 || (shift === 28 && byte > 15)) throw new Error('an int has more than 32 bits')
    bits |= (byte & 127) << shift
  }
  cursor.at = at
  return (bits >>> 1) ^ -(bits & 1)
}

/** A long in two halves of 32 bits: a bigint for each would take most of the time. */
const long = { low: 0, high: 0 }

/** @throws when the bytes hold more than 64 bits */
function readLongHalves(cursor: Cursor): void {
  const { bytes } = cursor
  let byte = bytes[cursor.at++] as number
  let low = byte & 127
  let high = 0
  for (let shift = 7; byte >= 128; shift += 7) {
    byte = bytes[cursor.at++] as number
    if (shift > 63 || (shift === 63 && byte > 1)) throw new Error('a long has more than 64 bits')
    if (shift < 32) low |= (byte & 127) << shift
    if (shift === 28) high = (byte & 127) >>> 4
    else if (shift > 28) high |= (byte & 127) << (shift - 32)
  }
  const sign = -(low & 1)
  long.low = ((low >>> 1) | (high << 31)) ^ sign
  long.high = (high >>> 1) ^ sign
}

export function readLongText(cursor: Cursor): string {
  readLongHalves(cursor)
  return String((BigInt(long.high) << 32n) | BigInt(long.low >>> 0))
}

export function readDouble(cursor: Cursor, itemBytes: 4 | 8): number {
  const { bytes, at } = cursor
  if (at + itemBytes > bytes.length) throw new Error('a number goes beyond the block')
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, itemBytes)
  cursor.at += itemBytes
  return itemBytes === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true)
}
