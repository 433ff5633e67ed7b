import type { Fault } from './record-format.ts'

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
  /** Of these, the regular records: each well-formed, on one line of its own, and read alike by every reader. */
  readonly regular: { readonly records: number; readonly textBytes: number; readonly longestBytes: number }
  /** Malformed records by what is wrong with them. */
  readonly faults: ReadonlyMap<Fault, number>
  /** Records with the wrong number of fields, by that number; at most 1,000 different numbers are told apart. */
  readonly fieldCounts: ReadonlyMap<number, number>
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

/** Takes the file as lines: those that are regular records as they are, and for others how many they were. */
export interface LineSink {
  /** Whole regular lines, `bytes[start, end)`. */
  regularLines(bytes: Buffer, start: number, end: number): void
  /** A regular line that ends otherwise than the format says; `bytes[start, end)` is the record alone, at `offset` in the file. */
  oddLine(bytes: Buffer, start: number, end: number, offset: number): void
  /** Physical lines that hold no regular record, from `offset` on. */
  otherLines(count: number, offset: number): void
}

export interface ScanHandlers {
  readonly onRegular?: RecordVisitor | undefined
  readonly onIrregular?: RecordVisitor | undefined
  readonly lines?: LineSink | undefined
  /** Called now and then with the bytes read so far. */
  readonly onBytes?: ((doneBytes: number) => void) | undefined
}
