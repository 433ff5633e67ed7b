import { DroplakeError } from '../core/errors.ts'

const [WHOLE_BYTES, FRACTION_BYTES] = ['2021-07-27T16:02:08Z'.length, '2021-07-27T16:02:08.000000Z'.length]
const MICROS = 1_000_000
const DAY_SECONDS = 86_400
/** 0001-01-01 and 9999-12-31, in days from 1970: a contract has no other years. */
const [FIRST_DAY, LAST_DAY] = [-719_162, 2_932_896]
/** Days whose text is kept: a century has fewer. */
const MOST_DAYS = 40_000

/**
 * Writes moments in ISO 8601: `2021-07-27T16:02:08Z`, with a fraction of six digits only where there is one.
 * The engine would take ten times as long (2026-11).
 */
export class IsoTimestampWriter {
  readonly #column: string
  readonly #days = new Map<number, Uint8Array>()
  #day = Number.NaN
  /** `2021-07-27T` */
  #dayText: Uint8Array = new Uint8Array()
  #seconds = 0
  #fraction = 0

  /** @param column named when a moment has no such text */
  constructor(column: string) {
    this.#column = column
  }

  /** Take the next moment: microseconds from 1970, in two halves of 32 bits. */
  take(low: number, high: number): void {
    // 2^32 microseconds are 4294 seconds and 967,296 microseconds: all of these numbers are exact.
    const rest = high * 967_296 + (low >>> 0)
    const seconds = Math.floor(rest / MICROS)
    this.#fraction = rest - seconds * MICROS
    this.#seconds = high * 4294 + seconds
  }

  /** How many bytes `write` takes. */
  get bytes(): number {
    return this.#fraction === 0 ? WHOLE_BYTES : FRACTION_BYTES
  }

  /** @throws {DroplakeError} INTERNAL for a year that is not of four digits */
  write(bytes: Uint8Array, place: number): void {
    const day = Math.floor(this.#seconds / DAY_SECONDS)
    if (day !== this.#day) this.#turnTo(day)
    const dayText = this.#dayText
    for (let index = 0; index < dayText.length; index++) bytes[place + index] = dayText[index] as number
    const second = this.#seconds - day * DAY_SECONDS
    const minute = (second / 60) | 0
    const hour = (minute / 60) | 0
    writeTwo(bytes, place + 11, hour)
    bytes[place + 13] = COLON
    writeTwo(bytes, place + 14, minute - hour * 60)
    bytes[place + 16] = COLON
    writeTwo(bytes, place + 17, second - minute * 60)
    if (this.#fraction !== 0) this.#writeFraction(bytes, place + 19)
    bytes[place + this.bytes - 1] = Z
  }

  #writeFraction(bytes: Uint8Array, place: number): void {
    const high = (this.#fraction / 10_000) | 0
    const middle = (this.#fraction / 100) | 0
    bytes[place] = POINT
    writeTwo(bytes, place + 1, high)
    writeTwo(bytes, place + 3, middle - high * 100)
    writeTwo(bytes, place + 5, this.#fraction - middle * 100)
  }

  #turnTo(day: number): void {
    let text = this.#days.get(day)
    if (text === undefined) {
      if (!(day >= FIRST_DAY && day <= LAST_DAY))
        throw new DroplakeError(
          'INTERNAL',
          `column "${this.#column}" has a moment ${day} days from 1970; expected one of the years 1 to 9999`,
        )
      text = Buffer.from(new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 11))
      if (this.#days.size >= MOST_DAYS) this.#days.clear()
      this.#days.set(day, text)
    }
    this.#day = day
    this.#dayText = text
  }
}

const [COLON, POINT, Z, ZERO] = [58, 46, 90, 48]

function writeTwo(bytes: Uint8Array, place: number, number: number): void {
  const tens = (number / 10) | 0
  bytes[place] = ZERO + tens
  bytes[place + 1] = ZERO + number - tens * 10
}
