import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import type { Logical } from './avro/shape.ts'
import type { Cursor } from './avro/varint.ts'
import type { ColumnDecoder } from './decode-columns.ts'

/** DuckDB's decimals have 38 digits at most. */
const MOST_DIGITS = 38

/**
 * Decimals, of which Avro has the unscaled number with its highest byte first, DuckDB in as few bytes as its digits need.
 *
 * @param sizeAt tells the size of the value at the cursor
 */
export function decimalDecoder(logical: Logical, sizeAt: (cursor: Cursor) => number): ColumnDecoder | undefined {
  const { precision, scale } = logical
  if (!(precision >= 1 && precision <= MOST_DIGITS && scale >= 0 && scale <= precision)) return undefined
  const itemBytes = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16
  const values = new Uint8Array(CHUNK_ROWS * itemBytes)
  const bound = boundOf(precision, itemBytes)
  return {
    type: `DECIMAL(${precision},${scale})`,
    numbers: null,
    read: (cursor, row) => {
      const size = sizeAt(cursor)
      const [start, end] = [cursor.at, cursor.at + size]
      if (size === 0 || end > cursor.bytes.length) throw new Error(`a decimal of ${size} bytes`)
      const sign = (cursor.bytes[start] as number) >= 128 ? 255 : 0
      for (let index = 0; index < itemBytes; index++)
        values[row * itemBytes + index] = index < size ? (cursor.bytes[end - 1 - index] as number) : sign
      for (let index = itemBytes; index < size; index++) if (cursor.bytes[end - 1 - index] !== sign) tooMany(precision)
      const isKept = (values[row * itemBytes + itemBytes - 1] as number) >= 128 === (sign === 255)
      if (!isKept || !isWithin(values, row * itemBytes, itemBytes, sign, bound)) tooMany(precision)
      cursor.at = end
    },
    fill: (chunk, column) => chunk.setColumn(column, values, null),
  }
}

function tooMany(precision: number): never {
  throw new Error(`a decimal has more than ${precision} digits`)
}

/** The greatest number of so many digits, the lowest byte first. */
function boundOf(precision: number, itemBytes: number): Uint8Array {
  let rest = 10n ** BigInt(precision) - 1n
  return Uint8Array.from({ length: itemBytes }, () => {
    const byte = Number(rest & 255n)
    rest >>= 8n
    return byte
  })
}

/** Whether a number of either sign is no further from zero than the bound. */
function isWithin(values: Uint8Array, start: number, itemBytes: number, sign: number, bound: Uint8Array): boolean {
  // The bits of a negative number, turned over, are its distance from zero less one.
  for (let index = itemBytes - 1; index >= 0; index--) {
    const distance = (values[start + index] as number) ^ sign
    const most = bound[index] as number
    if (distance !== most) return distance < most
  }
  return sign === 0
}
