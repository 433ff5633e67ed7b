// Avro's numbers of 64 bits as two halves of 32: a bigint for each would take most of the time.

/** Bytes that a number of so many bits takes, seven in each. */
const BYTES_OF_BITS = Uint8Array.from({ length: 65 }, (_, bits) => Math.max(1, Math.ceil(bits / 7)))

/** Bytes that `writeVarint` takes. */
export function varintBytes(low: number, high: number): number {
  return BYTES_OF_BITS[high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)] as number
}

/** Seven bits a byte, the lowest first. @returns the place behind it */
export function writeVarint(bytes: Uint8Array, place: number, low: number, high: number): number {
  while (high !== 0 || low >>> 0 > 127) {
    bytes[place++] = (low & 127) | 128
    low = (low >>> 7) | ((high & 127) << 25)
    high >>>= 7
  }
  bytes[place++] = low
  return place
}
