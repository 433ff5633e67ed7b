import type { TableConfig } from '../../../core/config/schema.ts'
import { recordTest } from './looks-like-record.ts'
import type { ScanStart } from './record-account.ts'
import { LINE_END, NO_QUOTE, type RecordFormat } from './record-format.ts'
import { type FieldMarks, splitRecord } from './split-record.ts'

export type Quote = '"' | "'" | ''
export type Escape = 'doubled' | 'backslash'

/** How a CSV's text is to be read; kept in control.files.dialect. */
export interface CsvDialect {
  readonly format: 'csv'
  readonly delimiter: string
  readonly quote: Quote
  readonly escape: Escape
  readonly lineEnd: 'lf' | 'crlf'
  readonly hasHeader: boolean
  /** Of each field, the table's column, or the name of an extra one. */
  readonly columns: readonly string[]
  /** Those of `columns` that the table does not have. */
  readonly extra: readonly string[]
  /** Columns of the table that the header does not name. */
  readonly missing: readonly string[]
  /** Columns that the header writes otherwise than the contract. */
  readonly renamed: readonly { readonly found: string; readonly column: string }[]
  /** Blank lines before the header or the first record. */
  readonly leadingBlankLines: number
  /** Where the records begin. */
  readonly start: ScanStart
}

/** What the parser needs to know of a dialect, and of the table that its records are of. */
export function recordFormat(dialect: CsvDialect, table: TableConfig, maxFieldBytes: number): RecordFormat {
  const marks = fieldMarks(dialect)
  const test = recordTest(table, dialect.columns)
  const isRecord = (bytes: Uint8Array, start: number, end: number) =>
    test?.(splitRecord(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, end, marks)) ?? false
  return {
    ...marks,
    fieldCount: dialect.columns.length,
    lineEnd: LINE_END[dialect.lineEnd],
    maxFieldBytes,
    isRecord: test && isRecord,
  }
}

export function fieldMarks(dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>): FieldMarks {
  return {
    delimiter: dialect.delimiter.charCodeAt(0),
    quote: dialect.quote === '' ? NO_QUOTE : dialect.quote.charCodeAt(0),
    hasBackslash: dialect.escape === 'backslash',
  }
}
