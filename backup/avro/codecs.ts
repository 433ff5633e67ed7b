import { promisify } from 'node:util'
import { crc32, deflateRaw, inflateRaw } from 'node:zlib'
import { Zstd } from '@hpcc-js/wasm-zstd'
import snappy from 'snappyjs'
import { decompressZstd } from '../../core/zstd.ts'

/** How the blocks of a file are packed, in the words of the command line. */
export const CODECS = ['deflate', 'null', 'snappy', 'zstd'] as const
export type CodecName = (typeof CODECS)[number]

export interface Codec {
  /** As the specification calls it, in `avro.codec`. */
  readonly avroName: string
  /** @returns bytes of their own: the block's memory may be used again */
  readonly pack: (block: Uint8Array) => Promise<Uint8Array>
  /** @throws whatever is wrong with the bytes, and when more come out than a block may have */
  readonly unpack: (bytes: Uint8Array) => Promise<Uint8Array>
}

/** No block that we read unpacks to more: a few bytes can stand for gigabytes. */
const MOST_BLOCK_BYTES = 1024 * 1024 * 1024

/** Level 1 packs a table of numbers and names four times as fast as level 6, into a seventh more bytes (2026-11). */
const DEFLATE_LEVEL = 1
const ZSTD_LEVEL = 1
const CRC_BYTES = 4
/** Three bytes of Snappy stand for 64 at most. */
const SNAPPY_EXPANSION = 24

const deflateAsync = promisify(deflateRaw)
const inflateAsync = promisify(inflateRaw)

/** Codecs by the words of the command line. @see https://avro.apache.org/docs/1.12.0/specification/#required-codecs */
export const CODEC_OF: Readonly<Record<CodecName, Codec>> = {
  // zlib works in threads of its own, beside the thread that encodes or decodes.
  deflate: {
    avroName: 'deflate',
    pack: (block) => deflateAsync(block, { level: DEFLATE_LEVEL, chunkSize: stepBytes(block.length) }),
    unpack: (bytes) =>
      inflateAsync(bytes, { maxOutputLength: MOST_BLOCK_BYTES, chunkSize: stepBytes(bytes.length * 8) }),
  },
  null: {
    avroName: 'null',
    pack: async (block) => block.slice(),
    unpack: async (bytes) => bytes,
  },
  snappy: { avroName: 'snappy', pack: packSnappy, unpack: unpackSnappy },
  zstd: { avroName: 'zstandard', pack: packZstd, unpack: unpackZstd },
}

/** The codec that a file names in its header; undefined for one that we do not have. */
export function codecNamed(avroName: string): Codec | undefined {
  return Object.values(CODEC_OF).find((codec) => codec.avroName === avroName)
}

/** What zlib gives out at a time: each step goes from thread to thread, a quarter of the time with its own 16 KiB (2026-11). */
function stepBytes(expected: number): number {
  return Math.min(Math.max(expected, 16 * 1024), 512 * 1024)
}

/** Behind the packed bytes stands the CRC-32 of the unpacked ones, its highest byte first. */
async function packSnappy(block: Uint8Array): Promise<Uint8Array> {
  const packed = snappy.compress(Buffer.from(block))
  const bytes = Buffer.allocUnsafe(packed.length + CRC_BYTES)
  bytes.set(packed)
  bytes.writeUInt32BE(crc32(block), packed.length)
  return bytes
}

async function unpackSnappy(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length < CRC_BYTES) throw new Error('it is too short for a checksum')
  const end = bytes.length - CRC_BYTES
  const block = snappy.uncompress(
    Buffer.from(bytes.subarray(0, end)),
    Math.min(MOST_BLOCK_BYTES, end * SNAPPY_EXPANSION),
  )
  const checksum = new DataView(bytes.buffer, bytes.byteOffset + end, CRC_BYTES).getUint32(0)
  if (crc32(block) !== checksum) throw new Error('its checksum is another one')
  return block
}

async function packZstd(block: Uint8Array): Promise<Uint8Array> {
  return (await Zstd.load()).compress(block, ZSTD_LEVEL)
}

async function unpackZstd(bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of decompressZstd(once(bytes))) {
    sizeBytes += piece.length
    if (sizeBytes > MOST_BLOCK_BYTES) throw new Error(`it unpacks to more than ${MOST_BLOCK_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
