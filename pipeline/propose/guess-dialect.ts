import { candidatesFor, type Marks } from '../ods/csv/decide-dialect.ts'
import { fieldMarks } from '../ods/csv/dialect.ts'
import { parseRecord } from '../ods/csv/parse-record.ts'
import { emptyRecord, LINE_END, MAX_RECORD_BYTES } from '../ods/csv/record-format.ts'
import { splitRecord } from '../ods/csv/split-record.ts'
import { looksLikeHeader } from './looks-like-header.ts'

/** How a CSV without a contract is most likely written. */
export interface GuessedDialect extends Marks {
  /** The names in its header; null when it seems to have none. */
  readonly header: readonly string[] | null
  /** Why, to follow "the first record is (no) header: ". */
  readonly headerReason: string
  readonly fieldCount: number
  /** Of its first records, the share with that number of fields. */
  readonly share: number
}

/** Delimiters that a run does not find out: a contract declares them. */
const RARE_DELIMITERS = ['~', '^']
const SAMPLE_RECORDS = 200
const SAMPLE_BYTES = 256 * 1024

interface Candidate extends Marks {
  /** Fields of the first records; null for a malformed one. */
  readonly records: readonly (readonly string[] | null)[]
  readonly quoted: number
  readonly fieldCount: number
  readonly share: number
}

/**
 * Guess the dialect of a CSV by its first records: the one by which most of them have the same number of fields. Between equals,
 * a tab, | or ; is the delimiter: a comma may stand in numbers.
 *
 * @param hasHeader when a person says so
 */
export function guessDialect(head: Buffer, hasHeader: boolean | undefined): GuessedDialect {
  const rare = RARE_DELIMITERS.filter((delimiter) => head.includes(delimiter))
  const all = [candidatesFor(head, {}), ...rare.map((delimiter) => candidatesFor(head, { delimiter }))].flat()
  const candidates = all.map((marks) => tryMarks(head, marks))
  const likely = candidates.filter(({ quote, quoted, records }) => quote !== "'" || quoted * 2 > records.length)
  const [best] = likely.sort((a, b) => scoreOf(b) - scoreOf(a) || rankOf(b) - rankOf(a))
  const { delimiter, quote, escape: escaping, records, fieldCount, share } = best as Candidate
  const [first, ...others] = records
  const guess = looksLikeHeader(first ?? null, others)
  const isHeader = (hasHeader ?? guess.isHeader) && first != null
  return {
    ...{ delimiter, quote, escape: escaping, fieldCount, share },
    header: isHeader ? first : null,
    headerReason: hasHeader === undefined ? guess.reason : 'as was said',
  }
}

/** A file that falls into several fields, nearly always as many, its header too. */
function scoreOf({ fieldCount, share, records }: Candidate): number {
  if (fieldCount < 2) return 0
  const isFirstAlike = records[0]?.length === fieldCount
  return Math.round(share * 50) - (isFirstAlike ? 0 : 10)
}

function rankOf({ delimiter }: Candidate): number {
  return delimiter === ',' ? 0 : 1
}

function tryMarks(head: Buffer, marks: Marks): Candidate {
  const found = emptyRecord()
  const format = { ...fieldMarks(marks), fieldCount: 0, lineEnd: LINE_END.lf, maxFieldBytes: MAX_RECORD_BYTES }
  const records: (readonly string[] | null)[] = []
  let quoted = 0
  const end = Math.min(head.length, SAMPLE_BYTES)
  for (let at = 0; at < end && records.length < SAMPLE_RECORDS; at = found.next) {
    if (!parseRecord(head, at, end, end === head.length, format, found)) break
    if (found.end === at) continue
    const fields = found.fault === null ? splitRecord(head, at, found.end, format) : null
    if (fields !== null && found.markupBytes > fields.length - 1) quoted++
    records.push(fields)
  }
  return { ...marks, records, quoted, ...mostFrequentCount(records) }
}

function mostFrequentCount(records: Candidate['records']): { fieldCount: number; share: number } {
  const counts = new Map<number, number>()
  for (const fields of records) if (fields !== null) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1)
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])
  return best === undefined ? { fieldCount: 1, share: 0 } : { fieldCount: best[0], share: best[1] / records.length }
}
