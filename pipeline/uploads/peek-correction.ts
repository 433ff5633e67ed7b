import { open } from 'node:fs/promises'

/** Bytes in which a header and a record's `_id` are looked for. */
const PEEK_BYTES = 64 * 1024

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
 * @returns undefined when it is not
 */
export async function peekCorrection(path: string): Promise<Correction | undefined> {
  const text = await readStart(path)
  const [header = ''] = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/, 1)
  const names = header.split(/[,;\t|]/).map((name) => name.replace(/^[\s"']+|[\s"']+$/g, ''))
  if (!names.includes('_id')) return undefined
  const fileId = ENTRY_ID.exec(text)?.[1] ?? null
  return fileId !== null || names.includes('_rules') ? { fileId } : undefined
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PEEK_BYTES), 0, PEEK_BYTES, 0)
    const bytes = buffer.subarray(0, bytesRead)
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
    // What is looked for is ASCII.
    return bytes.toString('utf8')
  } finally {
    await file.close()
  }
}
