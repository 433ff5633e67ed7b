import { type Cursor, EndOfBytes, longBytes, readBytes, readLong, sizedBytes } from './varint.ts'

const MAGIC = Buffer.from('Obj\u0001', 'latin1')
export const SYNC_BYTES = 16

/** What stands at the beginning of an Avro container file. @see https://avro.apache.org/docs/1.12.0/specification/#object-container-files */
export interface AvroHeader {
  /** `avro.schema`, `avro.codec`, and what else the writer has noted. */
  readonly metadata: ReadonlyMap<string, Buffer>
  readonly sync: Buffer
  readonly sizeBytes: number
}

/**
 * @param bytes the beginning of a file, or all of it
 * @returns undefined when the header is longer than these bytes
 * @throws {Error} a sentence that says what is wrong
 */
export function parseHeader(bytes: Uint8Array): AvroHeader | undefined {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length)) && bytes.length >= MAGIC.length)
    throw new Error('it does not begin with "Obj" and the byte 1, as Avro container files do')
  const cursor: Cursor = { bytes, at: MAGIC.length }
  try {
    const metadata = readMetadata(cursor)
    const sync = Buffer.from(bytes.subarray(cursor.at, cursor.at + SYNC_BYTES))
    if (sync.length < SYNC_BYTES) return undefined
    return { metadata, sync, sizeBytes: cursor.at + SYNC_BYTES }
  } catch (error) {
    if (error instanceof EndOfBytes) return undefined
    throw error
  }
}

/** A map comes in blocks of entries; a count below zero is followed by the block's size. An empty block ends it. */
function readMetadata(cursor: Cursor): Map<string, Buffer> {
  const metadata = new Map<string, Buffer>()
  for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
    if (count < 0) readLong(cursor)
    for (let entry = 0; entry < Math.abs(count); entry++) {
      const key = Buffer.from(readBytes(cursor)).toString('utf8')
      if (metadata.has(key)) throw new Error(`its header has "${key}" twice`)
      metadata.set(key, Buffer.from(readBytes(cursor)))
    }
  }
  return metadata
}

/** A header's bytes, its entries in the order in which they are given. */
export function headerBytes(metadata: ReadonlyMap<string, string>, sync: Buffer): Buffer {
  const entries = [...metadata].flatMap(([key, value]) => [
    sizedBytes(Buffer.from(key)),
    sizedBytes(Buffer.from(value)),
  ])
  return Buffer.concat([MAGIC, longBytes(metadata.size), ...entries, longBytes(0), sync])
}
