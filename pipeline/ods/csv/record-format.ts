// What a record of a CSV is made of: the bytes that mean something, how they are told, and what is found of each record.

export const LF = 10
export const CR = 13
export const BACKSLASH = 92
export const NUL = 0

/** Why a record cannot be split into its columns. */
export type Fault =
  | 'field_count'
  | 'text_after_quote'
  | 'unclosed_quote'
  | 'nul_byte'
  | 'not_utf8'
  | 'field_too_long'
  | 'too_long'

/** How a line ended; bits, so that those of a file can be collected. */
export const LINE_END = { none: 0, lf: 1, crlf: 2, cr: 4 } as const

export interface RecordFormat {
  readonly delimiter: number
  /** The byte around quoted fields; NO_QUOTE when there are none. Inside of one, two of them are one. */
  readonly quote: number
  /** Inside quotes, a backslash before a quote or a backslash takes away its meaning. */
  readonly hasBackslash: boolean
  /** How the file's lines end, LF or CRLF; a line that ends otherwise is read all the same. Bits of LINE_END. */
  readonly lineEnd: number
  /** A field with more bytes than this, as written, makes its record malformed. */
  readonly maxFieldBytes: number
  /** Fields that a record must have; 0 accepts any number. */
  readonly fieldCount: number
  /** Whether the line in `bytes[start, end)` holds a record, by the types of its fields; unset where they do not tell. */
  readonly isRecord?: ((bytes: Uint8Array, start: number, end: number) => boolean) | undefined
}

/** No byte at all. */
export const NO_QUOTE = -1

/** What was found; one object is filled again and again, because there are millions of records. */
export interface ParsedRecord {
  /** Offset behind the record's last byte, without its line end. */
  end: number
  /** Offset of the next record. */
  next: number
  /** 0 when the record was given up before its fields could be counted. */
  fieldCount: number
  /** Bytes that are not text of a field: delimiters, enclosing quotes, one of each doubled quote. */
  markupBytes: number
  /** Physical lines that the record takes, at least 1. */
  lineCount: number
  lineEnd: number
  fault: Fault | null
  hasNul: boolean
  /** Written in a way that readers read differently: a quote inside an unquoted field, or a backslash escape. */
  isUnusual: boolean
  /** Bytes of the longest field, as written. */
  longestFieldBytes: number
  /** Of several lines: where the first ends, where the second begins, and how the first one ended. */
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
    hasNul: false,
    isUnusual: false,
    longestFieldBytes: 0,
    firstLineEnd: 0,
    firstLineNext: 0,
    firstLineKind: 0,
  }
}

/** A record longer than this is malformed, and an open quote reaches no further: it bounds memory. 16 MiB. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024
