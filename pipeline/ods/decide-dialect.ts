import { open } from 'node:fs/promises'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'
import { emptyRecord, parseRecord } from './parse-record.ts'
import { MAX_RECORD_BYTES, type ScanStart } from './scan-records.ts'
import { splitRecord } from './split-record.ts'

/** How a file's bytes are read; kept in control.files.dialect. */
export interface Dialect {
  readonly delimiter: ','
  readonly quote: '"'
  readonly encoding: 'utf-8'
  readonly hasByteOrderMark: boolean
  readonly hasHeader: boolean
  /** The table's columns in the order of the file's fields. */
  readonly columns: readonly string[]
  /** Blank lines before the header or the first record. */
  readonly leadingBlankLines: number
  readonly start: ScanStart
}

export const DELIMITER = 44

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** The first bytes of files that are no text, with what to do about them. */
const NOT_TEXT: readonly { readonly magic: readonly number[]; readonly is: string; readonly hint: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], is: 'a ZIP or Excel file', hint: 'Save it as CSV (UTF-8) and drop that.' },
  { magic: [0x1f, 0x8b], is: 'compressed with gzip', hint: 'Unpack it and drop the CSV.' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], is: 'compressed with zstd', hint: 'Unpack it and drop the CSV.' },
  { magic: [0xff, 0xfe], is: 'UTF-16 text', hint: 'Save it as UTF-8 and drop it again.' },
  { magic: [0xfe, 0xff], is: 'UTF-16 text', hint: 'Save it as UTF-8 and drop it again.' },
  { magic: [0x25, 0x50, 0x44, 0x46], is: 'a PDF file', hint: 'Export the table as CSV and drop that.' },
  { magic: [0x50, 0x41, 0x52, 0x31], is: 'a Parquet file', hint: 'Export the table as CSV and drop that.' },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], is: 'an old Excel file', hint: 'Save it as CSV (UTF-8) and drop that.' },
]

/**
 * Decide how a file is to be read, from its first bytes and the table's contract.
 *
 * @param name the upload's name, for messages
 * @throws {DroplakeError} UPLOAD_EMPTY, UPLOAD_NOT_TEXT, CSV_HEADER_MISMATCH
 */
export async function decideDialect(path: string, name: string, table: TableConfig): Promise<Dialect> {
  const head = await readHead(path)
  refuseNotText(head, name)
  const hasByteOrderMark = head.subarray(0, 3).equals(BYTE_ORDER_MARK)
  const bodyOffset = hasByteOrderMark ? BYTE_ORDER_MARK.length : 0
  const first = firstRecord(head, bodyOffset)
  if (first === undefined && head.length < MAX_RECORD_BYTES) throw emptyUpload(name, head.length)
  // A file that begins with 16 MiB of blank lines is taken to have no header.
  const columns = first?.fields == null ? null : headerColumns(first.fields, name, table)
  return {
    delimiter: ',',
    quote: '"',
    encoding: 'utf-8',
    hasByteOrderMark,
    hasHeader: columns !== null,
    columns: columns ?? Object.keys(table.columns),
    leadingBlankLines: first === undefined ? 0 : first.line - 1,
    start: first === undefined || columns === null ? { offset: bodyOffset, line: 1 } : first.next,
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const size = Math.min(MAX_RECORD_BYTES, (await file.stat()).size)
    const head = Buffer.alloc(size)
    const { bytesRead } = await file.read(head, 0, size, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function refuseNotText(head: Buffer, name: string): void {
  for (const { magic, is, hint } of NOT_TEXT) {
    if (head.length >= magic.length && magic.every((byte, index) => head[index] === byte)) {
      throw new DroplakeError('UPLOAD_NOT_TEXT', `"${name}" is ${is}; expected CSV text in UTF-8`, { hint })
    }
  }
}

/** The first line that is not blank; `fields` is null when it is no well-formed record. */
function firstRecord(
  head: Buffer,
  offset: number,
): { fields: string[] | null; line: number; next: ScanStart } | undefined {
  const found = emptyRecord()
  let at = offset
  for (let line = 1; at < head.length; line++) {
    parseRecord(head, at, head.length, true, { delimiter: DELIMITER, fieldCount: 0 }, found)
    const next = { offset: found.next, line: line + found.lineCount }
    if (found.fault !== null) return { fields: null, line, next }
    if (found.end > at) return { fields: splitRecord(head, at, found.end, DELIMITER), line, next }
    at = found.next
  }
  return undefined
}

/** The file's columns when its first record is a header; null when it is data. Case and spaces around names do not count. */
function headerColumns(fields: readonly string[], name: string, table: TableConfig): string[] | null {
  const columns = Object.keys(table.columns)
  const named = fields.map((field) => columns.find((column) => column.toLowerCase() === field.trim().toLowerCase()))
  const known = named.filter((column) => column !== undefined)
  const isComplete =
    known.length === fields.length && new Set(known).size === columns.length && known.length === columns.length
  if (isComplete) return known
  // Data may hold a column's name by chance; half of all fields may not.
  if (known.length * 2 < fields.length || known.length === 0) return null
  throw headerMismatch(fields, columns, known, name)
}

function headerMismatch(
  fields: readonly string[],
  columns: readonly string[],
  known: readonly string[],
  name: string,
): DroplakeError {
  const missing = columns.filter((column) => !known.includes(column))
  const extra = fields.filter((field) => !columns.some((column) => column.toLowerCase() === field.trim().toLowerCase()))
  const twice = columns.filter((column) => known.filter((other) => other === column).length > 1)
  const faults = [
    missing.length > 0 ? `lacks ${quoteAll(missing)}` : '',
    extra.length > 0 ? `has the unknown ${quoteAll(extra)}` : '',
    twice.length > 0 ? `has ${quoteAll(twice)} twice` : '',
  ].filter(Boolean)
  const suggestion = extra.length === 1 ? didYouMean(extra[0] ?? '', missing) : ''
  return new DroplakeError(
    'CSV_HEADER_MISMATCH',
    `"${name}": the header ${faults.join(' and ')}; expected ${columns.join(', ')}.${suggestion}`,
    {
      details: { missing, extra, twice },
      hint: extra.includes('_id')
        ? 'This looks like a CSV from quarantine: take away its columns whose names begin with _, then drop it again.'
        : 'Correct the header, or the columns in pipeline_config.json, then drop the file again.',
    },
  )
}

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `"${name.trim()}"`).join(', ')
}

function emptyUpload(name: string, sizeBytes: number): DroplakeError {
  const found = sizeBytes === 0 ? 'has no bytes' : 'has only blank lines'
  return new DroplakeError('UPLOAD_EMPTY', `"${name}" ${found}; expected at least one record or a header`, {
    hint: 'Export the file again and drop it.',
  })
}
