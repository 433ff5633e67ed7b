import type { TableConfig } from '../../../core/config/schema.ts'
import { type CsvDialect, fieldMarks } from './dialect.ts'
import { fitsTypes, typePatterns } from './looks-like-record.ts'
import { type HeaderMatch, matchHeader } from './match-header.ts'
import { parseRecord } from './parse-record.ts'
import type { ScanStart } from './record-account.ts'
import { emptyRecord, LINE_END, MAX_RECORD_BYTES, type RecordFormat } from './record-format.ts'
import { type FieldMarks, splitRecord } from './split-record.ts'

/** A file's first records, read by one dialect. */
export interface Reading {
  /** The first line that is not blank; undefined when there is none. */
  readonly first: FirstRecord | undefined
  readonly match: HeaderMatch
  /** Of the first records, those whose fields are as many and of such types as the contract says; and all well-formed ones. */
  readonly fitting: number
  readonly wellFormed: number
  /** Well-formed records with a field in quotes. */
  readonly quoted: number
  /** Every field that is not empty stands in quotes, in several records of several fields. */
  readonly isQuotedThroughout: boolean
}

interface FirstRecord {
  /** Null when it is no well-formed record. */
  readonly fields: readonly string[] | null
  readonly line: number
  /** Offset and line of the record behind it. */
  readonly next: ScanStart
}

const SAMPLE_RECORDS = 100
const SAMPLE_BYTES = 256 * 1024
/** A first record of more fields is not taken apart: it is no header. */
const MOST_FIELDS = 100_000

/** Read the first records of a file's head by one dialect. */
export function tryDialect(
  head: Buffer,
  dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
  table: TableConfig,
): Reading {
  const marks = fieldMarks(dialect)
  const first = firstRecord(head, marks)
  const match: HeaderMatch = first?.fields == null ? { status: 'data' } : matchHeader(first.fields, table)
  const isHeader = match.status === 'header'
  const columns = isHeader ? match.header.columns : Object.keys(table.columns)
  const from = isHeader ? (first?.next.offset ?? 0) : 0
  return { first, match, ...sample(head, from, formatOf(marks, columns.length), typePatterns(table, columns)) }
}

function firstRecord(head: Buffer, marks: FieldMarks): FirstRecord | undefined {
  const found = emptyRecord()
  const format = formatOf(marks, 0)
  for (let at = 0, line = 1; at < head.length; line++, at = found.next) {
    parseRecord(head, at, head.length, true, format, found)
    const next = { offset: found.next, line: line + found.lineCount }
    const isWhole = found.fault === null && found.fieldCount <= MOST_FIELDS
    if (found.fault !== null || found.end > at)
      return { fields: isWhole ? splitRecord(head, at, found.end, marks) : null, line, next }
  }
  return undefined
}

function sample(head: Buffer, from: number, format: RecordFormat, patterns: readonly (RegExp | undefined)[]) {
  const found = emptyRecord()
  const end = Math.min(head.length, from + SAMPLE_BYTES)
  let [wellFormed, fitting, quoted, unquoted] = [0, 0, 0, 0]
  for (let at = from, records = 0; at < end && records < SAMPLE_RECORDS; at = found.next) {
    // A record that the sample's end may have cut off says nothing.
    if (!parseRecord(head, at, end, end === head.length && head.length < MAX_RECORD_BYTES, format, found)) break
    if (found.end === at) continue
    records++
    if (found.fault !== null) continue
    wellFormed++
    const fields = splitRecord(head, at, found.end, format)
    if (fitsTypes(fields, patterns)) fitting++
    const quotedBytes = found.markupBytes - (fields.length - 1)
    if (quotedBytes > 0) quoted++
    if (quotedBytes < 2 * fields.filter((field) => field !== '').length) unquoted++
  }
  return { wellFormed, fitting, quoted, isQuotedThroughout: wellFormed > 1 && format.fieldCount > 1 && unquoted === 0 }
}

function formatOf(marks: FieldMarks, fieldCount: number): RecordFormat {
  return { ...marks, fieldCount, lineEnd: LINE_END.lf, maxFieldBytes: MAX_RECORD_BYTES }
}
