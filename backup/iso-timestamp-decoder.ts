import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import { lengthAt } from './avro/skip.ts'
import type { ColumnDecoder } from './decode-columns.ts'

const [WHOLE_BYTES, FRACTION_BYTES] = ['2021-07-27T16:02:08Z'.length, '2021-07-27T16:02:08.000000Z'.length]
const TWO_26 = 2 ** 26
const TWO_32 = 2 ** 32

/**
 * Reads moments that a backup of ours has written as text. As texts they would take the engine three times as long (2026-11).
 * Other text there means damage.
 */
export function isoTimestampDecoder(): ColumnDecoder {
  const halves = new Uint32Array(CHUNK_ROWS * 2)
  const values = new Uint8Array(halves.buffer)
  return {
    type: 'TIMESTAMP',
    numbers: null,
    read: (cursor, row) => {
      const length = lengthAt(cursor)
      const { bytes, at } = cursor
      const seconds = secondsAt(bytes, at)
      const hasFraction = length === FRACTION_BYTES
      const fraction = hasFraction ? digits(bytes, at + 20, 6) : 0
      const isWritten = (hasFraction ? bytes[at + 19] === 46 : length === WHOLE_BYTES) && bytes[at + length - 1] === 90
      if (!isWritten || Number.isNaN(seconds + fraction)) throw new Error('a moment is not written in ISO 8601')
      cursor.at += length
      // Microseconds need 64 bits; a million is 15,625 times 64, and the product with the former is exact.
      const scaled = seconds * 15_625
      const high = Math.floor(scaled / TWO_26)
      const low = (scaled - high * TWO_26) * 64 + fraction
      halves[row * 2] = low
      halves[row * 2 + 1] = low >= TWO_32 ? high + 1 : high
    },
    fill: (chunk, column) => chunk.setColumn(column, values, null),
  }
}

/** Seconds from 1970 to the moment at a place; NaN where there is none. */
function secondsAt(bytes: Uint8Array, at: number): number {
  const [year, month, day] = [digits(bytes, at, 4), digits(bytes, at + 5, 2), digits(bytes, at + 8, 2)]
  const [hour, minute, second] = [digits(bytes, at + 11, 2), digits(bytes, at + 14, 2), digits(bytes, at + 17, 2)]
  const isWritten =
    bytes[at + 4] === 45 &&
    bytes[at + 7] === 45 &&
    bytes[at + 10] === 84 &&
    bytes[at + 13] === 58 &&
    bytes[at + 16] === 58
  if (!isWritten || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return Number.NaN
  return daysTo(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
}

/** A number of so many digits; NaN when one of them is none. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let index = at; index < at + count; index++) {
    const digit = (bytes[index] as number) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Days from 1970-01-01. A year begins in March here, so that a leap day is its last. @see https://howardhinnant.github.io/date_algorithms.html#days_from_civil */
function daysTo(year: number, month: number, day: number): number {
  const counted = month <= 2 ? year - 1 : year
  const era = Math.floor(counted / 400)
  const yearOfEra = counted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
