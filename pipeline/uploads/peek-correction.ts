import { open } from 'node:fs/promises'
import { constants, gunzipSync } from 'node:zlib'
import { DroplakeError } from '../../core/errors.ts'

/** Bytes in which a header and a record's `_id` are looked for. */
const PEEK_BYTES = 64 * 1024
/** Bytes of a correction that are searched for ids of files. 4 MiB: tens of thousands of rows, read in milliseconds. */
const SEARCH_BYTES = 4 * 1024 * 1024
/** A packed file unpacks to about a thousand times its size at most, so less of it is read. */
const PACKED_SHARE = 8

/** An entry's `_id`: the file that its record came with, and the line. */
const ENTRY_ID = /(?<![0-9a-z])([0-9a-f]{16}):\d+(?!\d)/g

/** A CSV of the quarantine, corrected by someone, whatever its name and its delimiter are now. */
export interface Correction {
  /** Files that its rows name, each once, in the order of the rows; some may be unknown to the lake. */
  readonly fileIds: readonly string[]
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
  const text = await readStart(path, PEEK_BYTES)
  const [header = ''] = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/, 1)
  const names = header.split(/[,;\t|]/).map((name) => name.replace(/^[\s"']+|[\s"']+$/g, ''))
  if (!names.includes('_id')) {
    if (['_line', '_rules', '_reason'].every((column) => names.includes(column))) throw withoutId(name)
    return undefined
  }
  if (!names.includes('_rules') && fileIdsIn(text).length === 0) return undefined
  return { fileIds: fileIdsIn(await readStart(path, SEARCH_BYTES)) }
}

function fileIdsIn(text: string): string[] {
  return [...new Set([...text.matchAll(ENTRY_ID)].map(([, fileId = '']) => fileId))]
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

/** @param maxBytes of the file that are read */
async function readStart(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0)
    const bytes = unpacked(buffer.subarray(0, bytesRead), maxBytes / PACKED_SHARE)
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
    // What is looked for is ASCII.
    return bytes.toString('utf8')
  } finally {
    await file.close()
  }
}

/** Of a file that was packed with gzip, what its first bytes unpack to; one that is damaged is told when it is read. */
function unpacked(bytes: Buffer, maxPackedBytes: number): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes.subarray(0, maxPackedBytes), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return Buffer.alloc(0)
  }
}
