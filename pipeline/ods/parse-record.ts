// Where one record begins and ends, byte by byte, by RFC 4180. The account of a file and the careful reader both rest on it.

export const LF = 10
export const CR = 13
export const QUOTE = 34
const NUL = 0

/** Why a record cannot be split into its columns. */
export type Fault = 'field_count' | 'text_after_quote' | 'unclosed_quote' | 'nul_byte' | 'not_utf8' | 'too_long'

/** How a line ended; bits, so that those of a file can be collected. */
export const LINE_END = { none: 0, lf: 1, crlf: 2, cr: 4 } as const

export interface RecordFormat {
  readonly delimiter: number
  /** Fields that a record must have; 0 accepts any number. */
  readonly fieldCount: number
}

/** What was found; one object is filled again and again, because there are millions of records. */
export interface ParsedRecord {
  /** Offset behind the record's last byte, without its line end. */
  end: number
  /** Offset of the next record. */
  next: number
  fieldCount: number
  /** Bytes that are not text of a field: delimiters, enclosing quotes, one of each doubled quote. */
  markupBytes: number
  /** Physical lines that the record takes, at least 1. */
  lineCount: number
  lineEnd: number
  fault: Fault | null
  /** Where the first of several lines ends, where the second begins, and how the first one ended. */
  firstLineEnd: number
  firstLineNext: number
  firstLineKind: number
}

export function emptyRecord(): ParsedRecord {
  return {
    end: 0,
    next: 0,
    fieldCount: 0,
    markupBytes: 0,
    lineCount: 1,
    lineEnd: 0,
    fault: null,
    firstLineEnd: 0,
    firstLineNext: 0,
    firstLineKind: 0,
  }
}

/**
 * Parse the record that starts at `start`.
 *
 * A quoted field may span lines. When such a record turns out to be damaged, only its first physical line is given up,
 * as `unclosed_quote`, and the next record starts on the line below: one lost quote costs one record.
 *
 * @param bytes valid up to `length`; `isLast` says that the file ends there
 * @returns false when the record goes on behind `length` and more bytes are needed; `found` is then meaningless
 */
export function parseRecord(
  bytes: Uint8Array,
  start: number,
  length: number,
  isLast: boolean,
  format: RecordFormat,
  found: ParsedRecord,
): boolean {
  if (!parseAsWritten(bytes, start, length, isLast, format, found)) return false
  if (found.fault !== 'field_count' || found.lineCount === 1) return true
  // Either one record with the wrong number of fields, or a lost quote that has swallowed good records. The line below tells.
  const { end, next, fieldCount, markupBytes, lineCount, lineEnd, firstLineEnd, firstLineNext, firstLineKind } = found
  if (!parseAsWritten(bytes, firstLineNext, length, isLast, format, found)) return false
  const lineBelowIsRecord =
    found.fault === null && found.end > firstLineNext && hasPairedQuotes(bytes, firstLineNext, found.end)
  if (lineBelowIsRecord) return giveUpFirstLine(found, firstLineEnd, firstLineNext, firstLineKind)
  return finish(found, end, next, fieldCount, markupBytes, lineCount, lineEnd, 'field_count')
}

/** Parse by the quotes as they stand. */
function parseAsWritten(
  bytes: Uint8Array,
  start: number,
  length: number,
  isLast: boolean,
  format: RecordFormat,
  found: ParsedRecord,
): boolean {
  const { delimiter } = format
  let at = start
  let fieldCount = 1
  let markupBytes = 0
  let hasNul = false
  let innerLines = 0
  let firstLineEnd = -1
  let firstLineNext = -1
  let firstLineKind: number = LINE_END.none

  for (;;) {
    // At the start of a field.
    if (at < length && bytes[at] === QUOTE) {
      at++
      let closed = false
      while (at < length) {
        const byte = bytes[at]
        if (byte === QUOTE) {
          if (at + 1 === length && !isLast) return false
          if (at + 1 < length && bytes[at + 1] === QUOTE) {
            at += 2
            markupBytes++
            continue
          }
          at++
          closed = true
          break
        }
        if (byte === LF || byte === CR) {
          if (byte === CR && at + 1 === length && !isLast) return false
          const size = lineEndSize(bytes, at, length)
          if (innerLines === 0) {
            firstLineEnd = at
            firstLineNext = at + size
            firstLineKind = lineEndKind(byte, size)
          }
          innerLines++
          at += size
          continue
        }
        if (byte === NUL) hasNul = true
        at++
      }
      if (!closed) {
        if (!isLast) return false
        if (innerLines > 0) return giveUpFirstLine(found, firstLineEnd, firstLineNext, firstLineKind)
        return finish(found, at, at, fieldCount, markupBytes, 1, LINE_END.none, 'unclosed_quote')
      }
      markupBytes += 2
      if (at === length && !isLast) return false
      const after = at < length ? bytes[at] : LF
      if (after !== delimiter && after !== LF && after !== CR) {
        if (innerLines > 0) return giveUpFirstLine(found, firstLineEnd, firstLineNext, firstLineKind)
        return giveUpRestOfLine(bytes, at, length, isLast, found)
      }
    }
    // In an unquoted field, or behind a closing quote.
    while (at < length) {
      const byte = bytes[at]
      if (byte === delimiter || byte === LF || byte === CR) break
      if (byte === NUL) hasNul = true
      at++
    }
    if (at < length && bytes[at] === delimiter) {
      fieldCount++
      markupBytes++
      at++
      continue
    }
    if (at === length && !isLast) return false
    if (at < length && bytes[at] === CR && at + 1 === length && !isLast) return false
    break
  }

  const size = at === length ? 0 : lineEndSize(bytes, at, length)
  const kind = size === 0 ? LINE_END.none : lineEndKind(bytes[at] as number, size)
  let fault: Fault | null = hasNul ? 'nul_byte' : null
  if (fault === null && format.fieldCount !== 0 && fieldCount !== format.fieldCount && at > start) fault = 'field_count'
  found.firstLineEnd = firstLineEnd
  found.firstLineNext = firstLineNext
  found.firstLineKind = firstLineKind
  return finish(found, at, at + size, fieldCount, markupBytes, innerLines + 1, kind, fault)
}

/** Behind a damaged field no quote can be trusted: the record ends with its line. */
function giveUpRestOfLine(
  bytes: Uint8Array,
  start: number,
  length: number,
  isLast: boolean,
  found: ParsedRecord,
): boolean {
  let at = start
  while (at < length && bytes[at] !== LF && bytes[at] !== CR) at++
  if (!isLast && (at === length || (bytes[at] === CR && at + 1 === length))) return false
  if (at === length) return finish(found, at, at, 0, 0, 1, LINE_END.none, 'text_after_quote')
  const size = lineEndSize(bytes, at, length)
  return finish(found, at, at + size, 0, 0, 1, lineEndKind(bytes[at] as number, size), 'text_after_quote')
}

/** The tail of a quoted field, `B",x`, may have the right number of fields too; its quote has no other one. */
function hasPairedQuotes(bytes: Uint8Array, start: number, end: number): boolean {
  let quotes = 0
  for (let at = start; at < end; at++) if (bytes[at] === QUOTE) quotes++
  return quotes % 2 === 0
}

function giveUpFirstLine(found: ParsedRecord, end: number, next: number, lineEnd: number): true {
  return finish(found, end, next, 0, 0, 1, lineEnd, 'unclosed_quote')
}

function finish(
  found: ParsedRecord,
  end: number,
  next: number,
  fieldCount: number,
  markupBytes: number,
  lineCount: number,
  lineEnd: number,
  fault: Fault | null,
): true {
  found.end = end
  found.next = next
  found.fieldCount = fieldCount
  found.markupBytes = markupBytes
  found.lineCount = lineCount
  found.lineEnd = lineEnd
  found.fault = fault
  return true
}

function lineEndSize(bytes: Uint8Array, at: number, length: number): number {
  return bytes[at] === CR && at + 1 < length && bytes[at + 1] === LF ? 2 : 1
}

function lineEndKind(byte: number, size: number): number {
  if (size === 2) return LINE_END.crlf
  return byte === LF ? LINE_END.lf : LINE_END.cr
}
