import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { Codec } from './codecs.ts'
import { headerBytes, SYNC_BYTES } from './header.ts'
import { longBytes } from './varint.ts'

/** Blocks that are being packed at once: packing has threads of its own, and each block that waits takes memory. */
const MOST_BLOCKS_UNDER_WAY = 4

/** An Avro container file while it is written, under a name that nobody reads yet. Close it, whatever happens. */
export class AvroFileWriter {
  readonly #file: FileHandle
  readonly #codec: Codec
  readonly #sync: Buffer
  readonly #digest: Hash = createHash('sha256')
  /** The write of the newest block, after those of all before it. */
  #written: Promise<void> = Promise.resolve()
  readonly #underWay: Promise<void>[] = []
  #at: number
  #rows = 0

  private constructor(file: FileHandle, codec: Codec, sync: Buffer, at: number) {
    this.#file = file
    this.#codec = codec
    this.#sync = sync
    this.#at = at
  }

  /** @param metadata of the header; `finish` may replace values by others of the same length */
  static async create(path: string, codec: Codec, metadata: ReadonlyMap<string, string>): Promise<AvroFileWriter> {
    const file = await open(path, 'w')
    const sync = syncMarker(metadata)
    const header = headerBytes(metadata, sync)
    try {
      await file.write(header, 0, header.length, 0)
    } catch (error) {
      await file.close()
      throw error
    }
    return new AvroFileWriter(file, codec, sync, header.length)
  }

  get rows(): number {
    return this.#rows
  }

  /** Add a block, whose memory is the writer's from now on. It waits while many blocks are under way. */
  async add(rows: number, block: Uint8Array): Promise<void> {
    this.#digest.update(block)
    this.#rows += rows
    const packed = this.#codec.pack(block)
    this.#written = Promise.all([packed, this.#written]).then(([bytes]) => this.#write(rows, bytes))
    // Whoever waits for a later block is told; without this the process would end first.
    this.#written.catch(() => undefined)
    this.#underWay.push(this.#written)
    if (this.#underWay.length > MOST_BLOCKS_UNDER_WAY) await this.#underWay.shift()
  }

  /** Wait for all blocks. @returns SHA-256 over the records as they are encoded, in lowercase hex */
  async flush(): Promise<string> {
    await this.#written
    return this.#digest.digest('hex')
  }

  /** The header's bytes, with these values in the places of those that it was begun with. */
  headerOf(metadata: ReadonlyMap<string, string>): Buffer {
    return headerBytes(metadata, this.#sync)
  }

  /** Write the header once more, with values that are known only now. */
  async finish(metadata: ReadonlyMap<string, string>): Promise<void> {
    const header = this.headerOf(metadata)
    await this.#file.write(header, 0, header.length, 0)
  }

  async close(): Promise<void> {
    await this.#written.catch(() => undefined)
    await this.#file.close()
  }

  async #write(rows: number, packed: Uint8Array): Promise<void> {
    const block = Buffer.concat([longBytes(rows), longBytes(packed.length), packed, this.#sync])
    await this.#file.write(block, 0, block.length, this.#at)
    this.#at += block.length
  }
}

/** Made of the header, so that the same rows give the same file; to a reader it is as good as a random one. */
function syncMarker(metadata: ReadonlyMap<string, string>): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([...metadata]))
    .digest()
    .subarray(0, SYNC_BYTES)
}
