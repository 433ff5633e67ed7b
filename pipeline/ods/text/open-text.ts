import { open } from 'node:fs/promises'
import type { LimitsConfig, TextEncoding } from '../../../core/config/schema.ts'
import { removePath } from '../../../core/durable-files.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { decompress } from './decompress.ts'
import { transcode } from './transcode.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

/** A file of UTF-8 text, or of what was dropped as such; bytes that are not UTF-8 are found later, record by record. */
export interface OpenedText {
  /** The file itself, or what was unpacked or converted from it, beside it. */
  readonly path: string
  readonly sizeBytes: number
  readonly compression: Compression
  readonly encoding: TextEncoding
  readonly hasByteOrderMark: boolean
  /** Bytes of the byte order mark in `path`; one that was converted is gone. */
  readonly bodyOffset: number
}

/** What is made from an upload beside our copy of it; whoever opens the text takes it away (`removeScratch`). */
const UNPACKED = '.unpacked'
const CONVERTED = '.utf-8'

export interface TextSource {
  /** The upload's name, for messages. */
  readonly name: string
  /** Absolute path of our copy; what is made from it goes beside it. */
  readonly path: string
  readonly sizeBytes: number
  /** As declared in the contract; UTF-8 is taken for granted where nothing is. */
  readonly encoding: TextEncoding | undefined
  readonly limits: LimitsConfig
}

const COMPRESSED: readonly { readonly magic: readonly number[]; readonly compression: 'gzip' | 'zstd' }[] = [
  { magic: [0x1f, 0x8b], compression: 'gzip' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], compression: 'zstd' },
]

/** Byte order marks say what a file is, whatever was declared. UTF-16 LE comes last of those that begin alike. */
const BYTE_ORDER_MARKS: readonly { readonly mark: readonly number[]; readonly encoding: TextEncoding | null }[] = [
  { mark: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { mark: [0xff, 0xfe, 0, 0], encoding: null },
  { mark: [0, 0, 0xfe, 0xff], encoding: null },
  { mark: [0xff, 0xfe], encoding: 'utf-16le' },
  { mark: [0xfe, 0xff], encoding: 'utf-16be' },
]

/** The first bytes of files that are no text, with what to do about them; more of them than a word of text could have. */
const NOT_TEXT: readonly { readonly magic: readonly number[]; readonly is: string; readonly hint: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], is: 'a ZIP or Excel file', hint: 'Save it as CSV (UTF-8) and drop that.' },
  { magic: [0x25, 0x50, 0x44, 0x46], is: 'a PDF file', hint: 'Export the table as CSV and drop that.' },
  { magic: [0x50, 0x41, 0x52, 0x31, 0x15], is: 'a Parquet file', hint: 'Export the table as CSV and drop that.' },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], is: 'an old Excel file', hint: 'Save it as CSV (UTF-8) and drop that.' },
  ...'123456789'.split('').map((level) => ({
    magic: [...Buffer.from(`BZh${level}1AY&SY`)],
    is: 'compressed with bzip2',
    hint: 'Unpack it, or pack it with gzip or zstd.',
  })),
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], is: 'compressed with xz', hint: 'Unpack it, or pack it with gzip or zstd.' },
]

/**
 * Find out by its first bytes what a file is, and make UTF-8 text of it: unpack gzip and zstd, convert UTF-16 (known by its
 * byte order mark) and what the contract declares. A file that is UTF-8 already stays as it is.
 *
 * @throws {DroplakeError} UPLOAD_NOT_TEXT, UPLOAD_TOO_LARGE, UPLOAD_DAMAGED
 */
export async function openText(source: TextSource): Promise<OpenedText> {
  let { path, sizeBytes } = source
  let head = await readHead(path)
  const compression: Compression = COMPRESSED.find(({ magic }) => startsWith(head, magic))?.compression ?? 'none'
  if (compression !== 'none') {
    ;({ path, sizeBytes } = await decompress(source, `${source.path}${UNPACKED}`, compression))
    head = await readHead(path)
  }
  refuseNotText(head, source.name, compression)
  const found = BYTE_ORDER_MARKS.find(({ mark }) => startsWith(head, mark))
  if (found?.encoding === null) throw notText(source.name, 'UTF-32 text', 'Save it as UTF-8 and drop it again.')
  const encoding = found?.encoding ?? source.encoding ?? 'utf-8'
  const markBytes = found?.mark.length ?? 0
  const shared = { compression, encoding, hasByteOrderMark: found !== undefined }
  if (encoding === 'utf-8') return { ...shared, path, sizeBytes, bodyOffset: markBytes }
  const converted = await transcode(path, `${source.path}${CONVERTED}`, encoding, markBytes)
  return { ...shared, ...converted, bodyOffset: 0 }
}

/** Take away what `openText` has made of a source. */
export async function removeScratch({ path }: Pick<TextSource, 'path'>): Promise<void> {
  await removePath(`${path}${UNPACKED}`)
  await removePath(`${path}${CONVERTED}`)
}

/** The most that any of the marks above needs. */
const HEAD_BYTES = 16

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function refuseNotText(head: Buffer, name: string, compression: Compression): void {
  const found = NOT_TEXT.find(({ magic }) => startsWith(head, magic))
  if (found !== undefined) throw notText(name, found.is, found.hint)
  const twice = compression !== 'none' && COMPRESSED.some(({ magic }) => startsWith(head, magic))
  if (twice) throw notText(name, 'compressed twice', 'Pack it once, or not at all, and drop it again.')
}

function notText(name: string, is: string, hint: string): DroplakeError {
  return new DroplakeError(
    'UPLOAD_NOT_TEXT',
    `"${name}" is ${is}; expected CSV or JSON lines, plain or in gzip or zstd`,
    {
      hint,
    },
  )
}

function startsWith(head: Buffer, bytes: readonly number[]): boolean {
  return head.length >= bytes.length && bytes.every((byte, index) => head[index] === byte)
}
