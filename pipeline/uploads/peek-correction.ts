import { open } from 'node:fs/promises'
import { constants, gunzipSync } from 'node:zlib'
import { DroplakeError } from '../../core/errors.ts'

/** Bytes in which a header and a record's `_id` are looked for. */
const PEEK_BYTES = 64 * 1024
/** Of a packed file: they unpack to a thousand times as many at most. */
const PACKED_BYTES = 8 * 1024

/** An entry's `_id`: the file that its record came with, and the line. */
const ENTRY_ID = /(?<![0-9a-z])([0-9a-f]{16}):\d+(?!\d)/

/** A CSV of the quarantine, corrected by someone, whatever its name and its delimiter are now. */
export interface Correction {
  /** Of its first entry; null when it has none. */
  readonly fileId: string | null
}

/**
 * Tell by its first bytes whether a file is a CSV that droplake wrote for people to correct: its header names `_id`, and
 * `_rules` or an entry's id are there, too. A table may have a column `_id` of its own making in its files.
 *
 * @param name of the upload, for the error
 * @returns undefined when it is not
 * @throws {DroplakeError} CSV_HEADER_MISMATCH when it was one, and has no `_id` any more: as an upload its records would load twice
 */
export async function peekCorrection(path: string, name: string): Promise<Correction | undefined> {
  const text = await readStart(path)
  const [header = ''] = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/, 1)
  const names = header.split(/[,;\t|]/).map((name) => name.replace(/^[\s"']+|[\s"']+$/g, ''))
  if (!names.includes('_id')) {
    if (['_line', '_rules', '_reason'].every((column) => names.includes(column))) throw withoutId(name)
    return undefined
  }
  const fileId = ENTRY_ID.exec(text)?.[1] ?? null
  return fileId !== null || names.includes('_rules') ? { fileId } : undefined
}

function withoutId(name: string): DroplakeError {
  return new DroplakeError(
    'CSV_HEADER_MISMATCH',
    `"${name}": it is a CSV of the quarantine, and its column "_id" is missing`,
    {
      hint: 'Correct a copy that still has "_id": by it each record is known. Make a new one with: droplake quarantine export TABLE',
    },
  )
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PEEK_BYTES), 0, PEEK_BYTES, 0)
    const bytes = unpacked(buffer.subarray(0, bytesRead))
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
    // What is looked for is ASCII.
    return bytes.toString('utf8')
  } finally {
    await file.close()
  }
}

/** Of a file that was packed with gzip, what its first bytes unpack to; one that is damaged is told when it is read. */
function unpacked(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes.subarray(0, PACKED_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return Buffer.alloc(0)
  }
}
