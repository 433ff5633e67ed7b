import { Decompress } from 'fzstd'
import xxhash, { type XXHash } from 'xxhash-wasm'

/** A frame may look back so far, as in zstd itself unless it is told otherwise; it bounds memory. 128 MiB. */
const MOST_WINDOW_BYTES = 128 * 1024 * 1024
/** No block is longer, packed or unpacked. */
const MOST_BLOCK_BYTES = 128 * 1024

const MAGIC = 0xfd2fb528
/** Frames of other programs' notes begin with one of 16 numbers. */
const SKIPPABLE_MAGIC = 0x184d2a50

/**
 * Unpack zstd, block by block. Node 20 has none of its own, and fzstd looks at no checksum: frames are taken apart here, so
 * that what a frame says of its content (checksum, size) is held against what came out.
 *
 * @throws whatever is wrong with the data; also when it ends too early
 * @see https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.1
 */
export async function* decompressZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = new ByteSource(chunks)
  const { create64 } = await xxhash()
  while (await source.hasMore()) {
    const magic = await source.take(4)
    const number = magic.readUInt32LE()
    if (number === MAGIC) yield* unpackFrame(source, magic, create64())
    else if ((number & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) await source.skip((await source.take(4)).readUInt32LE())
    else throw new Error('something that is no zstd follows')
  }
}

/** @param hash XXH64 of nothing; a frame's checksum is its low half */
async function* unpackFrame(source: ByteSource, magic: Buffer, hash: XXHash<bigint>): AsyncGenerator<Buffer> {
  const { bytes, hasChecksum, contentBytes } = await takeHeader(source)
  let unpacked: Buffer[] = []
  const decompress = new Decompress((data) => {
    if (data.length > 0) unpacked.push(Buffer.from(data))
  })
  decompress.push(Buffer.concat([magic, bytes]))
  let sizeBytes = 0
  for (let isLast = false; !isLast; ) {
    const header = await source.take(3)
    isLast = (header.readUIntLE(0, 3) & 1) === 1
    const block = Buffer.concat([header, await source.take(blockBytes(header))])
    const checksum = isLast && hasChecksum ? await source.take(4) : Buffer.alloc(0)
    decompress.push(Buffer.concat([block, checksum]), isLast)
    for (const data of unpacked) {
      sizeBytes += data.length
      if (hasChecksum) hash.update(data)
    }
    if (checksum.length > 0 && Number(BigInt.asUintN(32, hash.digest())) !== checksum.readUInt32LE())
      throw new Error('its checksum is another one')
    if (isLast && contentBytes !== undefined && contentBytes !== sizeBytes) throw new Error('its size is another one')
    yield* unpacked
    unpacked = []
  }
}

interface FrameHeader {
  readonly bytes: Buffer
  readonly hasChecksum: boolean
  /** Undefined where the frame does not say. */
  readonly contentBytes: number | undefined
}

async function takeHeader(source: ByteSource): Promise<FrameHeader> {
  const first = await source.take(1)
  const descriptor = first.readUInt8()
  const isSingle = (descriptor & 0x20) !== 0
  const sizeLength = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const rest = await source.take((isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + sizeLength)
  if ((descriptor & 3) !== 0) throw new Error('it needs a dictionary')
  const size = sizeLength === 0 ? undefined : readSize(rest.subarray(rest.length - sizeLength))
  const windowBytes = isSingle ? (size ?? 0) : windowBytesOf(rest.readUInt8())
  if (windowBytes > MOST_WINDOW_BYTES) throw new Error('it needs more than 128 MiB of memory (its window)')
  return { bytes: Buffer.concat([first, rest]), hasChecksum: (descriptor & 4) !== 0, contentBytes: size }
}

function readSize(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE())
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0)
}

function windowBytesOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** Bytes of a block behind its header; one that repeats a byte has it once. */
function blockBytes(header: Buffer): number {
  const number = header.readUIntLE(0, 3)
  const size = number >> 3
  if (size > MOST_BLOCK_BYTES) throw new Error('a block is too long')
  return ((number >> 1) & 3) === 1 ? 1 : size
}

/** Bytes as many as are asked for, whatever the chunks. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>
  #bytes: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async hasMore(): Promise<boolean> {
    return this.#bytes.length > 0 || (await this.#fill())
  }

  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) if (!(await this.#fill())) throw new Error('unexpected end of file')
    const taken = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(count)
    return taken
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      if (!(await this.hasMore())) throw new Error('unexpected end of file')
      left -= (await this.take(Math.min(left, this.#bytes.length))).length
    }
  }

  async #fill(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done === true) return false
    this.#bytes = this.#bytes.length === 0 ? value : Buffer.concat([this.#bytes, value])
    return true
  }
}
