// Where one record begins and ends, byte by byte, by RFC 4180 and its common variants. The account of a file rests on it, and all that our
// own parser loads.

import { BACKSLASH, CR, type Fault, LF, LINE_END, NUL, type ParsedRecord, type RecordFormat } from './record-format.ts'

/** A record over several lines that has more fields than this too many is damage: it is not worth reading on. */
const MOST_EXTRA_FIELDS = 16
/** Lines below a damaged record's first that are looked at for a good record. */
const MOST_LINES_BELOW = 32

/** How far behind a damaged record a record may end that begins inside of it. 64 KiB. */
const SIGHT_BYTES = 64 * 1024

/** Answers of `skipQuotedField` that are no offset. */
const NEEDS_MORE = -1
const UNCLOSED = -2

/**
 * Parse the record that starts at `start`.
 *
 * A quoted field may span lines. When such a record turns out to be damaged, only its first physical line is given up,
 * as `unclosed_quote`, and the next record starts on the line below: one lost quote costs one record. A record that is
 * well-formed by RFC 4180 is taken as such, unless a line of it is a record by the types of its fields.
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
  if (found.lineCount === 1) return true
  if (found.fault !== 'field_count' && (found.fault !== null || format.isRecord === undefined)) return true
  // Either a record as it is meant, or a lost quote that has swallowed good records. Its lines tell.
  const whole = { ...found }
  const sightEnd = whole.end + SIGHT_BYTES
  if (sightEnd > length && !isLast) return false
  const isDamage = hasRecordBelow(bytes, whole, Math.min(sightEnd, length), format, found)
  Object.assign(found, whole)
  return isDamage ? giveUpFirstLine(found) : true
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
  const { delimiter, quote } = format
  const mostFields = format.fieldCount === 0 ? Number.POSITIVE_INFINITY : format.fieldCount + MOST_EXTRA_FIELDS
  found.fieldCount = 1
  found.markupBytes = 0
  found.lineCount = 1
  found.hasNul = false
  found.isUnusual = false
  found.longestFieldBytes = 0
  let at = start
  for (;;) {
    const fieldStart = at
    if (at < length && bytes[at] === quote) {
      at = skipQuotedField(bytes, at, length, isLast, format, found)
      if (at === NEEDS_MORE) return false
      if (at === UNCLOSED) return found.lineCount > 1 ? giveUpFirstLine(found) : giveUpRestOfFile(found, length)
      const after = at < length ? bytes[at] : LF
      if (after !== delimiter && after !== LF && after !== CR) {
        return found.lineCount > 1 ? giveUpFirstLine(found) : giveUpRestOfLine(bytes, at, length, isLast, found)
      }
    }
    // In an unquoted field, or behind a closing quote.
    while (at < length) {
      const byte = bytes[at]
      if (byte === delimiter || byte === LF || byte === CR) break
      if (byte === NUL) found.hasNul = true
      else if (byte === quote) found.isUnusual = true
      at++
    }
    if (at - fieldStart > found.longestFieldBytes) found.longestFieldBytes = at - fieldStart
    if (at === length || bytes[at] !== delimiter) break
    found.fieldCount++
    found.markupBytes++
    at++
    if (found.lineCount > 1 && found.fieldCount > mostFields) return giveUpFirstLine(found)
  }
  if (!endLine(bytes, at, length, isLast, found)) return false
  found.fault = faultOf(found, format, start)
  return true
}

/** The offset behind the closing quote of the field that opens at `at`, or NEEDS_MORE, or UNCLOSED. */
function skipQuotedField(
  bytes: Uint8Array,
  at: number,
  length: number,
  isLast: boolean,
  format: RecordFormat,
  found: ParsedRecord,
): number {
  const { quote, hasBackslash } = format
  let next = at + 1
  while (next < length) {
    const byte = bytes[next]
    if (byte === quote) {
      if (next + 1 === length && !isLast) return NEEDS_MORE
      if (next + 1 === length || bytes[next + 1] !== quote) {
        found.markupBytes += 2
        return next + 1
      }
      found.markupBytes++
      next += 2
    } else if (hasBackslash && byte === BACKSLASH) {
      if (next + 1 === length && !isLast) return NEEDS_MORE
      const isEscape = next + 1 < length && (bytes[next + 1] === quote || bytes[next + 1] === BACKSLASH)
      if (isEscape) found.markupBytes++
      found.isUnusual = true
      next += isEscape ? 2 : 1
    } else if (byte === LF || byte === CR) {
      if (byte === CR && next + 1 === length && !isLast) return NEEDS_MORE
      const size = lineEndSize(bytes, next, length)
      if (found.lineCount === 1) {
        found.firstLineEnd = next
        found.firstLineNext = next + size
        found.firstLineKind = lineEndKind(byte, size)
      }
      found.lineCount++
      next += size
    } else {
      if (byte === NUL) found.hasNul = true
      next++
    }
  }
  return isLast ? UNCLOSED : NEEDS_MORE
}

/** Set the record's end from the line end, or the end of the file, at `at`; false when more bytes are needed. */
function endLine(bytes: Uint8Array, at: number, length: number, isLast: boolean, found: ParsedRecord): boolean {
  if (!isLast && (at === length || (bytes[at] === CR && at + 1 === length))) return false
  const size = at === length ? 0 : lineEndSize(bytes, at, length)
  found.end = at
  found.next = at + size
  found.lineEnd = size === 0 ? LINE_END.none : lineEndKind(bytes[at] as number, size)
  return true
}

function faultOf(found: ParsedRecord, format: RecordFormat, start: number): Fault | null {
  const isBlank = found.end === start
  if (format.fieldCount !== 0 && found.fieldCount !== format.fieldCount && !isBlank) return 'field_count'
  if (found.longestFieldBytes > format.maxFieldBytes) return 'field_too_long'
  return found.hasNul ? 'nul_byte' : null
}

/**
 * Whether one of the lines below a damaged record's first begins a good record. That one may go on behind the damaged
 * one, up to `sightEnd`.
 */
function hasRecordBelow(
  bytes: Uint8Array,
  whole: ParsedRecord,
  sightEnd: number,
  format: RecordFormat,
  found: ParsedRecord,
): boolean {
  let at = whole.firstLineNext
  for (let line = 0; line < MOST_LINES_BELOW && at < whole.end; line++) {
    parseAsWritten(bytes, at, sightEnd, true, format, found)
    if (found.fault === null && found.end > at && isGoodRecord(bytes, at, whole, format, found)) return true
    at = found.next
  }
  return false
}

/** In a record with the wrong number of fields, any line that stands by itself is good; in a well-formed one its types must say so. */
function isGoodRecord(
  bytes: Uint8Array,
  at: number,
  whole: ParsedRecord,
  format: RecordFormat,
  found: ParsedRecord,
): boolean {
  if (whole.fault === 'field_count') return hasPairedQuotes(bytes, at, found.end, format.quote)
  return found.lineCount === 1 && format.isRecord?.(bytes, at, found.end) === true
}

/** The tail of a quoted field, `B",x`, may have the right number of fields too; its quote has no other one. */
function hasPairedQuotes(bytes: Uint8Array, start: number, end: number, quote: number): boolean {
  let quotes = 0
  for (let at = start; at < end; at++) if (bytes[at] === quote) quotes++
  return quotes % 2 === 0
}

function giveUpFirstLine(found: ParsedRecord): true {
  found.end = found.firstLineEnd
  found.next = found.firstLineNext
  found.lineEnd = found.firstLineKind
  return giveUp(found, 'unclosed_quote')
}

function giveUpRestOfFile(found: ParsedRecord, length: number): true {
  found.end = length
  found.next = length
  found.lineEnd = LINE_END.none
  return giveUp(found, 'unclosed_quote')
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
  return endLine(bytes, at, length, isLast, found) && giveUp(found, 'text_after_quote')
}

function giveUp(found: ParsedRecord, fault: Fault): true {
  found.fieldCount = 0
  found.markupBytes = 0
  found.lineCount = 1
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
