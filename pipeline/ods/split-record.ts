import { isUtf8 } from 'node:buffer'
import { QUOTE } from './parse-record.ts'

/**
 * The fields of one well-formed record, quotes taken away. For records that `parseRecord` found no fault with.
 *
 * @param bytes valid UTF-8 in `[start, end)`
 */
export function splitRecord(bytes: Buffer, start: number, end: number, delimiter: number): string[] {
  const fields: string[] = []
  for (let at = start; ; at++) {
    const fieldEnd = bytes[at] === QUOTE ? closingQuote(bytes, at + 1, end) + 1 : unquotedEnd(bytes, at, end, delimiter)
    fields.push(
      bytes[at] === QUOTE && at < end
        ? unquote(bytes.toString('utf8', at + 1, fieldEnd - 1))
        : bytes.toString('utf8', at, fieldEnd),
    )
    at = fieldEnd
    if (at >= end) return fields
  }
}

/** The text of a record that is malformed. Bytes that are not text are shown as `\xHH`. */
export function rawText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8').replaceAll('\0', '\\x00')
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes, at)
    text += size === 0 ? `\\x${bytes.toString('hex', at, at + 1).toUpperCase()}` : bytes.toString('utf8', at, at + size)
    at += Math.max(1, size)
  }
  return text.replaceAll('\0', '\\x00')
}

function closingQuote(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== QUOTE) continue
    if (at + 1 < end && bytes[at + 1] === QUOTE) at++
    else return at
  }
  return end - 1
}

function unquotedEnd(bytes: Buffer, start: number, end: number, delimiter: number): number {
  let at = start
  while (at < end && bytes[at] !== delimiter) at++
  return at
}

function unquote(text: string): string {
  return text.includes('"') ? text.replaceAll('""', '"') : text
}

/** Bytes of the UTF-8 character at an offset, or 0 when there is none. */
function characterSize(bytes: Buffer, at: number): number {
  for (let size = 1; size <= 4 && at + size <= bytes.length; size++) {
    if (isUtf8(bytes.subarray(at, at + size))) return size
  }
  return 0
}
