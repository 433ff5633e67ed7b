// XXH64 with seed 0, the checksum of zstd frames (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). A 64-bit number is a
// high and a low half here: BigInt takes ten times as long.

/** `high` and `low` of the primes. */
const P1 = [0x9e3779b1, 0x85ebca87] as const
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const
const P3 = [0x165667b1, 0x9e3779f9] as const
const P4 = [0x85ebca77, 0xc2b2ae63] as const
const P5 = [0x27d4eb2f, 0x165667c5] as const

const STRIPE_BYTES = 32

/** The high half of what the functions below return. */
let high = 0

export class XxHash64 {
  /** Four accumulators, high and low half each. */
  readonly #lanes: Int32Array
  readonly #rest = Buffer.alloc(STRIPE_BYTES)
  #restBytes = 0
  #totalBytes = 0

  constructor() {
    const first = add(P1[0], P1[1], P2[0], P2[1])
    const firstHigh = high
    const last = add(~P1[0], ~P1[1], 0, 1)
    this.#lanes = Int32Array.of(firstHigh, first, P2[0], P2[1], 0, 0, high, last)
  }

  update(bytes: Buffer): void {
    this.#totalBytes += bytes.length
    let at = 0
    if (this.#restBytes > 0) {
      at = bytes.copy(this.#rest, this.#restBytes)
      this.#restBytes += at
      if (this.#restBytes < STRIPE_BYTES) return
      this.#stripes(this.#rest, 0, STRIPE_BYTES)
      this.#restBytes = 0
    }
    const end = bytes.length - ((bytes.length - at) % STRIPE_BYTES)
    this.#stripes(bytes, at, end)
    this.#restBytes = bytes.copy(this.#rest, 0, end)
  }

  /** The low half, which is what zstd keeps. */
  low32(): number {
    let low = this.#merged()
    low = add(high, low, Math.floor(this.#totalBytes / 2 ** 32), this.#totalBytes)
    let at = 0
    for (; at + 8 <= this.#restBytes; at += 8) {
      const [hashHigh, hashLow] = [high, low]
      const lane = round(0, 0, this.#rest.readInt32LE(at + 4), this.#rest.readInt32LE(at))
      low = rotate(high ^ hashHigh, lane ^ hashLow, 27)
      low = multiply(high, low, P1[0], P1[1])
      low = add(high, low, P4[0], P4[1])
    }
    for (; at + 4 <= this.#restBytes; at += 4) low = this.#mixed(low, this.#rest.readUInt32LE(at), P1, 23, P2, P3)
    for (; at < this.#restBytes; at++) low = this.#mixed(low, this.#rest.readUInt8(at), P5, 11, P1, undefined)
    return avalanche(low) >>> 0
  }

  #merged(): number {
    const lanes = this.#lanes
    const lane = (index: number) => lanes[index] ?? 0
    if (this.#totalBytes < STRIPE_BYTES) {
      high = P5[0]
      return P5[1]
    }
    let [sumHigh, sumLow] = [0, 0]
    for (const [index, bits] of [1, 7, 12, 18].entries()) {
      const rotated = rotate(lane(2 * index), lane(2 * index + 1), bits)
      sumLow = add(sumHigh, sumLow, high, rotated)
      sumHigh = high
    }
    for (let index = 0; index < 8; index += 2) {
      const mixed = round(0, 0, lane(index), lane(index + 1))
      sumLow = multiply(sumHigh ^ high, sumLow ^ mixed, P1[0], P1[1])
      sumLow = add(high, sumLow, P4[0], P4[1])
      sumHigh = high
    }
    high = sumHigh
    return sumLow
  }

  #mixed(
    low: number,
    input: number,
    factor: readonly [number, number],
    bits: number,
    then: readonly [number, number],
    plus: readonly [number, number] | undefined,
  ): number {
    const [hashHigh, hashLow] = [high, low]
    const product = multiply(0, input, factor[0], factor[1])
    let mixed = rotate(high ^ hashHigh, product ^ hashLow, bits)
    mixed = multiply(high, mixed, then[0], then[1])
    return plus === undefined ? mixed : add(high, mixed, plus[0], plus[1])
  }

  #stripes(bytes: Buffer, start: number, end: number): void {
    const lanes = this.#lanes
    for (let at = start; at < end; at += 8) {
      const index = ((at - start) >> 2) & 7
      const inputLow =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)
      const inputHigh =
        (bytes[at + 4] as number) |
        ((bytes[at + 5] as number) << 8) |
        ((bytes[at + 6] as number) << 16) |
        ((bytes[at + 7] as number) << 24)
      lanes[index + 1] = round(lanes[index] as number, lanes[index + 1] as number, inputHigh, inputLow)
      lanes[index] = high
    }
  }
}

function round(laneHigh: number, laneLow: number, inputHigh: number, inputLow: number): number {
  let low = multiply(inputHigh, inputLow, P2[0], P2[1])
  low = add(laneHigh, laneLow, high, low)
  low = rotate(high, low, 31)
  return multiply(high, low, P1[0], P1[1])
}

function avalanche(hash: number): number {
  let low = hash ^ (high >>> 1)
  low = multiply(high, low, P2[0], P2[1])
  // A shift to the right by 29 and by 32 bits.
  low ^= (low >>> 29) | (high << 3)
  high ^= high >>> 29
  low = multiply(high, low, P3[0], P3[1])
  return low ^ high
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const low = (aLow >>> 0) + (bLow >>> 0)
  high = (aHigh + bHigh + (low > 0xffffffff ? 1 : 0)) | 0
  return low | 0
}

function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const [a0, a1, b0, b1] = [aLow & 0xffff, aLow >>> 16, bLow & 0xffff, bLow >>> 16]
  const bottom = a0 * b0
  const middle = a1 * b0 + (bottom >>> 16) + a0 * b1
  high = (a1 * b1 + Math.floor(middle / 0x10000) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0
  return ((middle & 0xffff) << 16) | (bottom & 0xffff)
}

/** To the left, by less than 32 bits. */
function rotate(aHigh: number, aLow: number, bits: number): number {
  high = (aHigh << bits) | (aLow >>> (32 - bits))
  return (aLow << bits) | (aHigh >>> (32 - bits))
}
