import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { READ_CHUNK_BYTES } from '../../core/durable-files.ts'
import {
  CR,
  emptyRecord,
  type Fault,
  LF,
  LINE_END,
  type ParsedRecord,
  parseRecord,
  type RecordFormat,
} from './parse-record.ts'

/** A record longer than this is malformed, and an open quote reaches no further: it bounds memory. 16 MiB. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

/** Bytes of CRLF: a record of the full length is whole only with its line end in sight. */
const LONGEST_LINE_END = 2

/** Where the records of a file begin: behind a byte order mark, blank lines and a header. */
export interface ScanStart {
  readonly offset: number
  /** Physical line at that offset, from 1. */
  readonly line: number
}

/** What one independent pass over the bytes found; what the engine reads has to agree with it. */
export interface RecordAccount {
  /** Records, the malformed ones included; blank lines and the header are none. */
  readonly records: number
  readonly malformed: number
  readonly blank: number
  /** Bytes of text in all fields of well-formed records, without quotes, delimiters and line ends. */
  readonly textBytes: number
  /** Bytes of the longest record that was not given up. */
  readonly longestBytes: number
  /** Malformed records by what is wrong with them. */
  readonly faults: ReadonlyMap<Fault, number>
  /** Malformed records by their number of fields, 0 where it is not known; at most 1,000 different numbers are told apart. */
  readonly fieldCounts: ReadonlyMap<number, number>
  /** Bits of LINE_END. */
  readonly lineEnds: number
  /** Every record is well-formed and takes one line, no line is blank, and all lines end alike. */
  readonly isPlain: boolean
}

/** Called for each record: its bytes are `bytes[start, end)`, only until the call returns. */
export type RecordVisitor = (
  bytes: Buffer,
  start: number,
  end: number,
  line: number,
  fieldCount: number,
  fault: Fault | null,
) => void

const NO_VISITOR: RecordVisitor = () => undefined
const MOST_FIELD_COUNTS = 1000

/**
 * Read a file from `from` to its end, record by record, in bounded memory.
 *
 * @param path UTF-8 text, or what was dropped as such; bytes that are not make their record `not_utf8`
 * @param visit must not keep the bytes
 * @param onBytes called now and then with the bytes read so far
 */
export async function scanRecords(
  path: string,
  from: ScanStart,
  format: RecordFormat,
  visit: RecordVisitor = NO_VISITOR,
  onBytes: (doneBytes: number) => void = () => undefined,
): Promise<RecordAccount> {
  const file = await open(path, 'r')
  try {
    const scan = new Scan(format, visit, from.line)
    const window = new Window(file, from.offset)
    while (await window.fill()) {
      window.consume(scan.records(window.bytes, window.length, window.isLast))
      onBytes(window.offset)
    }
    return scan.account()
  } finally {
    await file.close()
  }
}

/** The part of a file that is in memory: what is not consumed yet moves to the front, and more is read behind it. */
class Window {
  readonly #file: FileHandle
  bytes: Buffer = Buffer.allocUnsafe(4 * READ_CHUNK_BYTES)
  length = 0
  isLast = false
  /** Where in the file the next read begins. */
  offset: number

  constructor(file: FileHandle, offset: number) {
    this.#file = file
    this.offset = offset
  }

  /** Read on; false when all bytes were consumed. */
  async fill(): Promise<boolean> {
    if (this.isLast) return false
    if (this.bytes.length - this.length < READ_CHUNK_BYTES)
      this.bytes = Buffer.concat([this.bytes.subarray(0, this.length)], this.bytes.length * 2)
    const { bytesRead } = await this.#file.read(this.bytes, this.length, this.bytes.length - this.length, this.offset)
    this.isLast = bytesRead === 0
    this.length += bytesRead
    this.offset += bytesRead
    return this.length > 0
  }

  consume(count: number): void {
    this.bytes.copyWithin(0, count, this.length)
    this.length -= count
  }
}

class Scan {
  readonly #format: RecordFormat
  readonly #visit: RecordVisitor
  readonly #found: ParsedRecord = emptyRecord()
  readonly #faults = new Map<Fault, number>()
  readonly #fieldCounts = new Map<number, number>()
  #line: number
  /** Inside a record that was given up as too long: bytes up to the next line end belong to it. */
  #isSkipping = false
  #records = 0
  #malformed = 0
  #blank = 0
  #textBytes = 0
  #longestBytes = 0
  #multiLine = 0
  #lineEnds = 0

  constructor(format: RecordFormat, visit: RecordVisitor, line: number) {
    this.#format = format
    this.#visit = visit
    this.#line = line
  }

  account(): RecordAccount {
    const isUniform =
      this.#lineEnds === LINE_END.lf || this.#lineEnds === LINE_END.crlf || this.#lineEnds === LINE_END.none
    return {
      records: this.#records,
      malformed: this.#malformed,
      blank: this.#blank,
      textBytes: this.#textBytes,
      longestBytes: this.#longestBytes,
      faults: this.#faults,
      fieldCounts: this.#fieldCounts,
      lineEnds: this.#lineEnds,
      isPlain: this.#malformed === 0 && this.#blank === 0 && this.#multiLine === 0 && isUniform,
    }
  }

  /** Go through all whole records of a window; returns the bytes consumed. */
  records(bytes: Buffer, length: number, isLast: boolean): number {
    const utf8End = checkedUtf8(bytes, length, isLast)
    const found = this.#found
    let start = 0
    while (start < length) {
      if (this.#isSkipping) {
        start = this.#skipLine(bytes, start, length, isLast)
        if (this.#isSkipping) return start
        continue
      }
      const isWhole = parseRecord(bytes, start, length, isLast, this.#format, found)
      if (!isWhole && length - start <= MAX_RECORD_BYTES + LONGEST_LINE_END) return start
      if (!isWhole || found.end - start > MAX_RECORD_BYTES) {
        // Cut at the limit, wherever the window ends, so that a record is judged alike everywhere in a file.
        const limit = Math.min(start + MAX_RECORD_BYTES + LONGEST_LINE_END, length)
        parseRecord(bytes, start, limit, true, this.#format, found)
        if (found.end - start > MAX_RECORD_BYTES) {
          this.#giveUpTooLong(bytes, start, start + MAX_RECORD_BYTES + 1, found)
          start += MAX_RECORD_BYTES + 1
          continue
        }
      }
      if (found.fault === null && found.end > utf8End && !isUtf8(bytes.subarray(start, found.end)))
        found.fault = 'not_utf8'
      this.#count(bytes, start, found)
      start = found.next
    }
    return start
  }

  #count(bytes: Buffer, start: number, found: ParsedRecord): void {
    this.#lineEnds |= found.lineEnd
    if (found.end === start && found.fault === null) {
      this.#blank++
    } else {
      this.#records++
      if (found.end - start > this.#longestBytes) this.#longestBytes = found.end - start
      if (found.fault === null) this.#textBytes += found.end - start - found.markupBytes
      else this.#countMalformed(found.fault, found.fieldCount)
      if (found.lineCount > 1) this.#multiLine++
      this.#visit(bytes, start, found.end, this.#line, found.fieldCount, found.fault)
    }
    this.#line += found.lineCount
  }

  #countMalformed(fault: Fault, fieldCount: number): void {
    this.#malformed++
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1)
    if (this.#fieldCounts.size === MOST_FIELD_COUNTS) return
    this.#fieldCounts.set(fieldCount, (this.#fieldCounts.get(fieldCount) ?? 0) + 1)
  }

  /** The rest of its line is passed over; lines that it took before that one are counted. */
  #giveUpTooLong(bytes: Buffer, start: number, limit: number, found: ParsedRecord): void {
    this.#records++
    this.#countMalformed('too_long', 0)
    this.#visit(bytes, start, limit, this.#line, 0, 'too_long')
    this.#line += found.lineCount - 1
    this.#isSkipping = true
  }

  /** Offset behind the end of a line that was given up, or how far it can be passed over for now. */
  #skipLine(bytes: Buffer, start: number, length: number, isLast: boolean): number {
    let at = start
    while (at < length && bytes[at] !== LF && bytes[at] !== CR) at++
    if (at === length) return length
    if (bytes[at] === CR && at + 1 === length && !isLast) return at
    this.#isSkipping = false
    this.#line++
    return bytes[at] === CR && at + 1 < length && bytes[at + 1] === LF ? at + 2 : at + 1
  }
}

/**
 * One fast check for all whole lines of a window, so that records need none of their own.
 *
 * @returns the offset up to which the bytes are known to be UTF-8; 0 when a record has to be looked for that is not
 */
function checkedUtf8(bytes: Buffer, length: number, isLast: boolean): number {
  const end = isLast ? length : bytes.lastIndexOf(LF, length - 1) + 1
  return isUtf8(bytes.subarray(0, end)) ? end : 0
}
