import { open } from 'node:fs/promises'
import type { TableConfig } from '../../../core/config/schema.ts'
import { DroplakeError } from '../../../core/errors.ts'
import type { OpenedText } from '../text/open-text.ts'
import type { CsvDialect, Escape, Quote } from './dialect.ts'
import { headerMismatch } from './match-header.ts'
import { LF, MAX_RECORD_BYTES } from './record-format.ts'
import { type Reading, tryDialect } from './try-dialect.ts'

/**
 * Decide how a CSV is to be read: what the contract declares is not guessed, the rest is what fits the contract best.
 *
 * @param name the upload's name, for messages
 * @throws {DroplakeError} UPLOAD_EMPTY, CSV_HEADER_MISMATCH
 */
export async function decideDialect(text: OpenedText, name: string, table: TableConfig): Promise<CsvDialect> {
  const head = await readHead(text)
  const { reading, ...marks } = bestDialect(head, table)
  if (reading.first === undefined && head.length < MAX_RECORD_BYTES) throw emptyUpload(name, text)
  const { first, match } = reading
  if (match.status === 'mismatch') throw headerMismatch(name, first?.fields ?? [], match.known, table)
  const header = match.status === 'header' ? match.header : null
  const start = header === null || first === undefined ? { offset: 0, line: 1 } : first.next
  return {
    format: 'csv',
    ...marks,
    lineEnd: firstLineEnd(head),
    hasHeader: header !== null,
    columns: header?.columns ?? Object.keys(table.columns),
    extra: header?.extra ?? [],
    missing: header?.missing ?? [],
    renamed: header?.renamed ?? [],
    // A file that begins with 16 MiB of blank lines is taken to have no header.
    leadingBlankLines: first === undefined ? 0 : first.line - 1,
    start: { offset: text.bodyOffset + start.offset, line: start.line },
  }
}

/** The first bytes behind a byte order mark: a whole record, whatever its size. */
export async function readHead({ path, bodyOffset, sizeBytes }: OpenedText): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(Math.min(MAX_RECORD_BYTES, sizeBytes - bodyOffset))
    const { bytesRead } = await file.read(head, 0, head.length, bodyOffset)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** What tells a file's fields apart. */
export interface Marks {
  readonly delimiter: string
  readonly quote: Quote
  readonly escape: Escape
}

type DeclaredMarks = Partial<Pick<TableConfig, 'delimiter' | 'quote' | 'escape'>>

/** The candidate by which most of the file's first records fit the contract; of equals, the most common dialect. */
function bestDialect(head: Buffer, table: TableConfig): Marks & { readonly reading: Reading } {
  const candidates = candidatesFor(head, table).map((marks) => ({ ...marks, reading: tryDialect(head, marks, table) }))
  const [first, ...others] = candidates
  if (first === undefined) throw new DroplakeError('INTERNAL', 'there is no dialect to try')
  return others
    .filter((other) => isLikely(other, table))
    .reduce((best, other) => (isBetter(other.reading, best.reading) ? other : best), first)
}

/** A damaged double quote is none by the single one: that one has to stand around fields of most records to be the quote. */
function isLikely({ delimiter, quote, reading }: Marks & { readonly reading: Reading }, table: TableConfig): boolean {
  // A file of one column has no delimiter: only a header that names others besides tells one from text.
  const isOneColumn = Object.keys(table.columns).length === 1 && reading.match.status === 'data'
  if (isOneColumn && delimiter !== (table.delimiter ?? ',')) return false
  return quote !== "'" || reading.quoted * 2 > reading.wellFormed
}

/** The marks that a file may have, the most common first; what is declared is not guessed. */
export function candidatesFor(head: Buffer, table: DeclaredMarks): Marks[] {
  const delimiters = table.delimiter === undefined ? likelyDelimiters(head) : [table.delimiter]
  return delimiters.flatMap((delimiter) =>
    likelyQuotes(head, table).flatMap((quote) =>
      likelyEscapes(head, table, quote).map((escaping) => ({ delimiter, quote, escape: escaping })),
    ),
  )
}

function likelyDelimiters(head: Buffer): string[] {
  return [',', ...[';', '\t', '|'].filter((delimiter) => head.includes(delimiter))]
}

function likelyQuotes(head: Buffer, table: DeclaredMarks): readonly Quote[] {
  if (table.quote !== undefined) return [table.quote]
  return head.includes("'") ? ['"', "'"] : ['"']
}

function likelyEscapes(head: Buffer, table: DeclaredMarks, quote: Quote): readonly Escape[] {
  if (table.escape !== undefined) return [table.escape]
  return quote !== '' && head.includes(`\\${quote}`) ? ['doubled', 'backslash'] : ['doubled']
}

function isBetter(one: Reading, other: Reading): boolean {
  const [ranksOfOne, ranksOfOther] = [ranks(one), ranks(other)]
  const index = ranksOfOne.findIndex((rank, place) => rank !== ranksOfOther[place])
  return index !== -1 && (ranksOfOne[index] ?? 0) > (ranksOfOther[index] ?? 0)
}

/** What counts first comes first. */
function ranks({ match, fitting, wellFormed, isQuotedThroughout }: Reading): number[] {
  const header = { header: 2, mismatch: 1, data: 0 }[match.status]
  return [header, fitting, wellFormed, isQuotedThroughout ? 1 : 0]
}

export function firstLineEnd(head: Buffer): 'lf' | 'crlf' {
  const at = head.indexOf(LF)
  return at > 0 && head[at - 1] === 13 ? 'crlf' : 'lf'
}

function emptyUpload(name: string, { sizeBytes }: OpenedText): DroplakeError {
  const found = sizeBytes === 0 ? 'has no bytes' : 'has only blank lines'
  return new DroplakeError('UPLOAD_EMPTY', `"${name}" ${found}; expected at least one record or a header`, {
    hint: 'Export the file again and drop it.',
  })
}
