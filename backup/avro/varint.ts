/** A place in bytes, moved on by whoever reads from it. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** What a read throws that would go beyond the end. */
export class EndOfBytes extends Error {
  constructor() {
    super('the bytes end in the middle of a value')
  }
}

/** A number of Avro's that is no more than a count or a size. @throws when it is none that JavaScript holds exactly */
export function readLong(cursor: Cursor): number {
  let [value, scale] = [0, 1]
  for (;;) {
    const byte = cursor.bytes[cursor.at]
    if (byte === undefined) throw new EndOfBytes()
    cursor.at++
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
    scale *= 128
    if (scale > 2 ** 49) throw new Error('a number is too large')
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** As many bytes as the length before them says; they are part of the cursor's. */
export function readBytes(cursor: Cursor): Uint8Array {
  const length = readLong(cursor)
  if (length < 0) throw new Error('a length is below zero')
  if (cursor.at + length > cursor.bytes.length) throw new EndOfBytes()
  const bytes = cursor.bytes.subarray(cursor.at, cursor.at + length)
  cursor.at += length
  return bytes
}

/** A count or a size as Avro writes it. */
export function longBytes(value: number): Buffer {
  const bytes: number[] = []
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** Bytes with their length before them. */
export function sizedBytes(bytes: Uint8Array): Buffer {
  return Buffer.concat([longBytes(bytes.length), bytes])
}
