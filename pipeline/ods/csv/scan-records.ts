import { isUtf8 } from 'node:buffer'
import { ReadWindow } from '../text/read-window.ts'
import { parseRecord } from './parse-record.ts'
import type { LineSink, RecordAccount, ScanHandlers, ScanStart } from './record-account.ts'
import {
  BACKSLASH,
  CR,
  emptyRecord,
  type Fault,
  LF,
  LINE_END,
  MAX_RECORD_BYTES,
  type ParsedRecord,
  type RecordFormat,
} from './record-format.ts'

/** Bytes of CRLF: a record of the full length is whole only with its line end in sight. */
const LONGEST_LINE_END = 2

/** Text is held to be UTF-8 block by block: 256 KiB, and 4 KiB where there are bytes that are none. There each record is looked at by itself. */
const BLOCK_BYTES = 256 * 1024
const SMALL_BLOCK_BYTES = 4 * 1024

/**
 * Read a file from `from` to its end, record by record, in bounded memory.
 *
 * @param path UTF-8 text, or what was dropped as such; bytes that are not make their record `not_utf8`
 * @param handlers must not keep the bytes that they are given
 */
export async function scanRecords(
  path: string,
  from: ScanStart,
  format: RecordFormat,
  handlers: ScanHandlers = {},
): Promise<RecordAccount> {
  const window = await ReadWindow.open(path, from.offset)
  try {
    const scan = new Scan(format, handlers, from.line)
    while (await window.fill()) {
      window.consume(scan.records(window.bytes, window.length, window.isLast, window.startOffset))
      handlers.onBytes?.(window.doneBytes)
    }
    return scan.account()
  } finally {
    await window.close()
  }
}

const MOST_FIELD_COUNTS = 1000
/** A number of fields that no record has. */
const NOT_SIMPLE = -1

class Scan {
  readonly #format: RecordFormat
  readonly #handlers: ScanHandlers
  readonly #lines: LineSink | undefined
  /** 1 for bytes that mean something: line ends, NUL, the delimiter, the quote, and the backslash where it is an escape. */
  readonly #isSpecial = new Uint8Array(256)
  readonly #found: ParsedRecord = emptyRecord()
  readonly #faults = new Map<Fault, number>()
  readonly #fieldCounts = new Map<number, number>()
  #line: number
  /** Inside a record that was given up as too long: bytes up to the next line end belong to it. */
  #isSkipping = false
  #blockEnd = 0
  #blockIsText = false
  #smallBlocksEnd = 0
  /** Where the regular lines begin that no one was given yet, and where the window begins in the file. */
  #spanStart = 0
  #windowOffset = 0
  #records = 0
  #malformed = 0
  #blank = 0
  #textBytes = 0
  #regularRecords = 0
  #regularBytes = 0
  #longestBytes = 0

  constructor(format: RecordFormat, handlers: ScanHandlers, line: number) {
    this.#format = format
    this.#handlers = handlers
    this.#lines = handlers.lines
    this.#line = line
    for (const byte of [0, LF, CR, format.delimiter]) this.#isSpecial[byte] = 1
    if (format.quote >= 0) this.#isSpecial[format.quote] = 1
    if (format.hasBackslash) this.#isSpecial[BACKSLASH] = 1
  }

  account(): RecordAccount {
    return {
      records: this.#records,
      malformed: this.#malformed,
      blank: this.#blank,
      textBytes: this.#textBytes,
      regular: { records: this.#regularRecords, textBytes: this.#regularBytes, longestBytes: this.#longestBytes },
      faults: this.#faults,
      fieldCounts: this.#fieldCounts,
    }
  }

  /** Go through all whole records of a window that stands at `offset` in the file; returns the bytes consumed. */
  records(bytes: Buffer, length: number, isLast: boolean, offset: number): number {
    this.#blockEnd = 0
    this.#smallBlocksEnd = 0
    this.#spanStart = 0
    this.#windowOffset = offset
    let start = 0
    while (start < length) {
      if (this.#isSkipping) {
        start = this.#skipLine(bytes, start, length, isLast)
        if (this.#isSkipping) break
        this.#otherLines(bytes, start, start, 1)
        continue
      }
      if (start >= this.#blockEnd) this.#findBlock(bytes, start, length)
      if (this.#blockIsText) start = this.#simpleRecords(bytes, start)
      if (start === this.#blockEnd) continue
      const next = this.#record(bytes, start, length, isLast)
      if (next === start) break
      start = next
    }
    this.#flushSpan(bytes, start)
    return start
  }

  /** The next block of whole lines, and whether it is text. */
  #findBlock(bytes: Buffer, start: number, length: number): void {
    if (start >= this.#smallBlocksEnd) {
      this.#setBlock(bytes, start, Math.min(start + BLOCK_BYTES, length))
      if (this.#blockIsText) return
      this.#smallBlocksEnd = this.#blockEnd
    }
    this.#setBlock(bytes, start, Math.min(start + SMALL_BLOCK_BYTES, length))
  }

  #setBlock(bytes: Buffer, start: number, mostEnd: number): void {
    const lastLineEnd = bytes.subarray(start, mostEnd).lastIndexOf(LF)
    this.#blockEnd = lastLineEnd === -1 ? mostEnd : start + lastLineEnd + 1
    this.#blockIsText = lastLineEnd !== -1 && isUtf8(bytes.subarray(start, this.#blockEnd))
  }

  /**
   * Pass over the simple records from `start` on: on one line, the right number of fields, quotes only around whole fields.
   * Most records of most files are simple. The block is text and ends with a line end, so each search ends inside of it.
   *
   * @returns the offset of the first record that is not simple, or the block's end
   */
  #simpleRecords(bytes: Buffer, blockStart: number): number {
    const { delimiter, quote, fieldCount, maxFieldBytes, lineEnd: mainLineEnd } = this.#format
    const isSpecial = this.#isSpecial
    const blockEnd = this.#blockEnd
    const onRegular = this.#handlers.onRegular
    let [records, textBytes, longest, line] = [0, 0, this.#longestBytes, this.#line]
    let start = blockStart
    while (start < blockEnd) {
      let at = start
      let markup = 0
      let fields = 1
      for (;;) {
        if (bytes[at] === quote) {
          do at++
          while (isSpecial[bytes[at] as number] === 0 || bytes[at] === delimiter)
          // Anything but the closing quote here, a line end above all, and behind it anything but the field's end, is not simple.
          if (bytes[at] !== quote) fields = NOT_SIMPLE
          at++
          markup += 2
        } else {
          while (isSpecial[bytes[at] as number] === 0) at++
        }
        if (bytes[at] !== delimiter || fields === NOT_SIMPLE) break
        fields++
        at++
      }
      const isCrLf = bytes[at] === CR && bytes[at + 1] === LF
      if ((bytes[at] !== LF && !isCrLf) || fields !== fieldCount) break
      const size = at - start
      const textSize = size - markup - fields + 1
      const lineEnd = isCrLf ? LINE_END.crlf : LINE_END.lf
      if (textSize === 0 || size > maxFieldBytes || lineEnd !== mainLineEnd) break
      if (onRegular !== undefined) onRegular(bytes, start, at, line, fields, null)
      records++
      line++
      textBytes += textSize
      if (size > longest) longest = size
      start = at + (isCrLf ? 2 : 1)
    }
    this.#records += records
    this.#regularRecords += records
    this.#textBytes += textBytes
    this.#regularBytes += textBytes
    this.#longestBytes = longest
    this.#line = line
    return start
  }

  /** Any one record, by the parser. @returns where the next one begins; `start` when more bytes are needed */
  #record(bytes: Buffer, start: number, length: number, isLast: boolean): number {
    const found = this.#found
    const isWhole = parseRecord(bytes, start, length, isLast, this.#format, found)
    if (!isWhole && length - start <= MAX_RECORD_BYTES + LONGEST_LINE_END) return start
    if (!isWhole || found.end - start > MAX_RECORD_BYTES) {
      // Cut at the limit, wherever the window ends, so that a record is judged alike everywhere in a file.
      const limit = Math.min(start + MAX_RECORD_BYTES + LONGEST_LINE_END, length)
      parseRecord(bytes, start, limit, true, this.#format, found)
      if (found.end - start > MAX_RECORD_BYTES) {
        this.#giveUpTooLong(bytes, start, start + MAX_RECORD_BYTES + 1, found)
        return start + MAX_RECORD_BYTES + 1
      }
    }
    const isKnownText = this.#blockIsText && found.end <= this.#blockEnd
    if (found.fault === null && !isKnownText && !isUtf8(bytes.subarray(start, found.end))) found.fault = 'not_utf8'
    this.#count(bytes, start, found)
    return found.next
  }

  #count(bytes: Buffer, start: number, found: ParsedRecord): void {
    const line = this.#line
    this.#line += found.lineCount
    if (found.end === start && found.fault === null) {
      this.#blank++
      this.#otherLines(bytes, start, found.next, found.lineCount)
      return
    }
    this.#records++
    if (found.fault !== null) this.#countMalformed(found.fault, found.fieldCount)
    const textBytes = found.fault === null ? found.end - start - found.markupBytes : 0
    this.#textBytes += textBytes
    if (found.fault === null && found.lineCount === 1 && !found.isUnusual && textBytes > 0) {
      this.#countRegular(bytes, start, found, textBytes, line)
    } else {
      this.#otherLines(bytes, start, found.next, found.lineCount)
      this.#handlers.onIrregular?.(bytes, start, found.end, line, found.fieldCount, found.fault)
    }
  }

  #countRegular(bytes: Buffer, start: number, found: ParsedRecord, textBytes: number, line: number): void {
    this.#regularRecords++
    this.#regularBytes += textBytes
    this.#longestBytes = Math.max(this.#longestBytes, found.end - start)
    this.#handlers.onRegular?.(bytes, start, found.end, line, found.fieldCount, null)
    if (found.lineEnd === this.#format.lineEnd || found.lineEnd === LINE_END.none) return
    this.#flushSpan(bytes, start)
    this.#lines?.oddLine(bytes, start, found.end, this.#windowOffset + start)
    this.#spanStart = found.next
  }

  #countMalformed(fault: Fault, fieldCount: number): void {
    this.#malformed++
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1)
    if (fault !== 'field_count' || this.#fieldCounts.size === MOST_FIELD_COUNTS) return
    this.#fieldCounts.set(fieldCount, (this.#fieldCounts.get(fieldCount) ?? 0) + 1)
  }

  /** The rest of its line is passed over; lines that it took before that one are counted. */
  #giveUpTooLong(bytes: Buffer, start: number, limit: number, found: ParsedRecord): void {
    this.#records++
    this.#countMalformed('too_long', 0)
    this.#handlers.onIrregular?.(bytes, start, limit, this.#line, 0, 'too_long')
    this.#line += found.lineCount - 1
    this.#otherLines(bytes, start, limit, found.lineCount - 1)
    this.#isSkipping = true
  }

  /** Offset behind the end of a line that was given up, or how far it can be passed over for now. */
  #skipLine(bytes: Buffer, start: number, length: number, isLast: boolean): number {
    let at = start
    while (at < length && bytes[at] !== LF && bytes[at] !== CR) at++
    this.#spanStart = at
    if (at === length) return length
    if (bytes[at] === CR && at + 1 === length && !isLast) return at
    this.#isSkipping = false
    this.#line++
    this.#spanStart = bytes[at] === CR && at + 1 < length && bytes[at + 1] === LF ? at + 2 : at + 1
    return this.#spanStart
  }

  /** Hand over what was regular before `start`; from `next` on it may go on. */
  #otherLines(bytes: Buffer, start: number, next: number, count: number): void {
    this.#flushSpan(bytes, start)
    if (count > 0) this.#lines?.otherLines(count, this.#windowOffset + start)
    this.#spanStart = next
  }

  #flushSpan(bytes: Buffer, end: number): void {
    if (end > this.#spanStart) this.#lines?.regularLines(bytes, this.#spanStart, end)
    this.#spanStart = end
  }
}
