import { type FileHandle, open } from 'node:fs/promises'
import { messageOf } from '../../core/errors.ts'
import { CODEC_OF, type Codec, codecNamed } from './codecs.ts'
import { type AvroHeader, parseHeader, SYNC_BYTES } from './header.ts'
import { type Cursor, EndOfBytes, readLong } from './varint.ts'

/** What is wrong with a file, and where: `at byte 1234 of 5678: …`. */
export class DamagedFile extends Error {}

/** A block of records, unpacked. */
export interface AvroBlock {
  readonly rows: number
  readonly bytes: Uint8Array
  /** Where it begins in the file. */
  readonly at: number
}

/** Bytes that are read at first to find the header, and at most. */
const HEADER_BYTES = 64 * 1024
const MOST_HEADER_BYTES = 16 * 1024 * 1024
/** Count and size of a block take ten bytes each at most. */
const MOST_PREFIX_BYTES = 20
/** Bytes that are read from the file at a time, where a block is not larger. */
const WINDOW_BYTES = 1024 * 1024
/** Blocks that are unpacked ahead: zlib has threads of its own. */
const BLOCKS_AHEAD = 4

/**
 * An Avro container file, looked at byte by byte: the header, each block's count, size and sync marker, and that the last block
 * ends where the file ends. Close it, whatever happens.
 */
export class AvroFileReader {
  readonly path: string
  readonly header: AvroHeader
  /** The file's first bytes, with the whole header. */
  readonly headBytes: Uint8Array
  readonly sizeBytes: number
  readonly #file: FileHandle
  readonly #codec: Codec
  /** Bytes that were read from `#windowAt` on; blocks that are unpacked are parts of it, so each window has memory of its own. */
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0

  private constructor(file: FileHandle, path: string, sizeBytes: number, headBytes: Uint8Array, header: AvroHeader) {
    this.#file = file
    this.path = path
    this.sizeBytes = sizeBytes
    this.headBytes = headBytes
    this.header = header
    this.#codec = codecOf(header)
  }

  /** @throws {DamagedFile}, or what the file system says */
  static async open(path: string): Promise<AvroFileReader> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size === 0) throw new DamagedFile('it is empty')
      for (let bytes = HEADER_BYTES; ; bytes *= 4) {
        const head = await readAt(file, 0, Math.min(bytes, size))
        const header = told(() => parseHeader(head), 'in its header')
        if (header !== undefined) return new AvroFileReader(file, path, size, head, header)
        if (bytes >= size) throw new DamagedFile(`it ends after ${size} bytes, in the middle of its header`)
        if (bytes >= MOST_HEADER_BYTES) throw new DamagedFile(`its header is longer than ${MOST_HEADER_BYTES} bytes`)
      }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** All blocks, in their order. @throws {DamagedFile} */
  async *blocks(): AsyncGenerator<AvroBlock> {
    const ahead: Promise<AvroBlock>[] = []
    let at = this.header.sizeBytes
    try {
      while (at < this.sizeBytes || ahead.length > 0) {
        while (at < this.sizeBytes && ahead.length < BLOCKS_AHEAD) {
          const packed = await this.#readPacked(at)
          const block = this.#unpack(packed, at)
          block.catch(() => undefined)
          ahead.push(block)
          at = packed.end
        }
        yield (await ahead.shift()) as AvroBlock
      }
    } finally {
      await Promise.allSettled(ahead)
    }
  }

  /** A block as it lies in the file, with all that can be told of it before it is unpacked. */
  async #readPacked(at: number): Promise<{ rows: number; bytes: Buffer; end: number }> {
    const where = `at byte ${at} of ${this.sizeBytes}`
    const cursor: Cursor = {
      bytes: await this.#read(at, Math.min(MOST_PREFIX_BYTES, this.sizeBytes - at)),
      at: 0,
    }
    const [rows, size] = told(() => [readLong(cursor), readLong(cursor)] as const, where)
    if (rows < 0 || size < 0) throw new DamagedFile(`${where}: a block of ${rows} records in ${size} bytes`)
    const start = at + cursor.at
    const end = start + size + SYNC_BYTES
    if (end > this.sizeBytes)
      throw new DamagedFile(
        `${where}: a block goes to byte ${end}, but the file ends at ${this.sizeBytes}; it is cut off`,
      )
    const bytes = await this.#read(start, size + SYNC_BYTES)
    if (!this.header.sync.equals(bytes.subarray(size)))
      throw new DamagedFile(`at byte ${start + size} of ${this.sizeBytes}: not the file's sync marker behind a block`)
    return { rows, bytes: bytes.subarray(0, size), end }
  }

  /** Bytes that the file has: as a part of the window, or as a new window from there on. */
  async #read(at: number, length: number): Promise<Buffer> {
    if (at < this.#windowAt || at + length > this.#windowAt + this.#window.length) {
      this.#window = await readAt(this.#file, at, Math.min(Math.max(length, WINDOW_BYTES), this.sizeBytes - at))
      this.#windowAt = at
    }
    return this.#window.subarray(at - this.#windowAt, at - this.#windowAt + length)
  }

  async #unpack({ rows, bytes }: { rows: number; bytes: Buffer }, at: number): Promise<AvroBlock> {
    try {
      return { rows, bytes: await this.#codec.unpack(bytes), at }
    } catch (error) {
      throw new DamagedFile(`at byte ${at} of ${this.sizeBytes}: a block cannot be unpacked: ${messageOf(error)}`)
    }
  }
}

function codecOf({ metadata }: AvroHeader): Codec {
  const name = metadata.get('avro.codec')?.toString('latin1') ?? 'null'
  const codec = codecNamed(name)
  if (codec !== undefined) return codec
  const known = Object.values(CODEC_OF).map((each) => each.avroName)
  throw new DamagedFile(`its codec is "${name}"; expected ${known.join(', ')}`)
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read)
    if (bytesRead === 0) throw new DamagedFile(`it ended at byte ${at + read} while it was read`)
    read += bytesRead
  }
  return bytes
}

/** Faults in the bytes, with the place. */
function told<Result>(read: () => Result, where: string): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof EndOfBytes) throw new DamagedFile(`${where}: ${error.message}; it is cut off`)
    throw new DamagedFile(`${where}: ${messageOf(error)}`)
  }
}
