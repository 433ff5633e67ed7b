import type { ValueRange } from '../control/row-source.ts'
import type { WholeNumbers } from './decode-numbers.ts'

/** A column with more of them is in no order, and the engine counts its values faster. */
const MOST_STRETCHES = 10_000
const MOST_RANGES = 1000
/** Behind such a jump a stretch ends, too: those that were left out may come later, where threads have written side by side. */
const LONG_JUMP = 1000
const MOST_JUMPS = 5000

/**
 * A column of whole numbers as stretches in which they rise from row to row. Tables mostly have few of them, as many as files or
 * threads have written them; a number can come twice only where two stretches overlap, and so nobody has to look at the others.
 */
export class RisingStretches {
  /** The first and the last number of each stretch but the open one; null when there are too many. */
  #closed: ValueRange[] | null = []
  #first: bigint | null = null
  #last = Number.NEGATIVE_INFINITY
  #lastLow = 0
  #lastHigh = 0

  /** Look at the numbers of a chunk's first rows. */
  take({ values, words, isThere }: WholeNumbers, rowCount: number): void {
    for (let row = 0; row < rowCount && this.#closed !== null; row++) {
      if (!isThere(row)) continue
      const low = values[row * words] as number
      const high = words === 1 ? low >> 31 : (values[row * 2 + 1] as number)
      // Numbers that are not exact are equal at worst, and then a stretch ends too early.
      const number = high * 2 ** 32 + (low >>> 0)
      const isJump = number - this.#last > LONG_JUMP && this.#closed.length < MOST_JUMPS
      if (isJump || !(number > this.#last)) this.#close(this.#closed)
      if (this.#first === null) this.#first = exactly(low, high)
      this.#last = number
      this.#lastLow = low
      this.#lastHigh = high
    }
  }

  /** Ranges in which a number may come twice; null where that is not known. */
  get overlaps(): readonly ValueRange[] | null {
    if (this.#closed === null) return null
    const stretches = [...this.#closed, ...this.#open()].sort((one, other) => (one.first < other.first ? -1 : 1))
    const ranges: ValueRange[] = []
    let greatest: bigint | null = null
    for (const { first, last } of stretches) {
      if (greatest !== null && first <= greatest) ranges.push({ first, last: last < greatest ? last : greatest })
      if (greatest === null || last > greatest) greatest = last
    }
    return ranges.length > MOST_RANGES ? null : ranges
  }

  #open(): ValueRange[] {
    return this.#first === null ? [] : [{ first: this.#first, last: exactly(this.#lastLow, this.#lastHigh) }]
  }

  #close(closed: ValueRange[]): void {
    closed.push(...this.#open())
    this.#first = null
    if (closed.length > MOST_STRETCHES) this.#closed = null
  }
}

function exactly(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}
