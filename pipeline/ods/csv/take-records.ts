import { extraJson } from '../extra-json.ts'
import { ESCAPE_FAULTS, faultSentence } from '../fault-sentence.ts'
import type { RecordSource } from '../record-source.ts'
import type { OpenedText } from '../text/open-text.ts'
import { isEscaped, rawText } from '../text/raw-text.ts'
import { type CsvDialect, fieldMarks, recordFormat } from './dialect.ts'
import type { RecordAccount, RecordVisitor } from './record-account.ts'
import type { RegularCopy } from './regular-copy.ts'
import { scanRecords } from './scan-records.ts'
import { splitRecord } from './split-record.ts'

/** A file's records, taken apart by our own parser. */
export interface TakenRecords {
  readonly dialect: CsvDialect
  readonly account: RecordAccount
  /** A record with a damaged quote has a backslash before a quote: perhaps it is an escape. */
  readonly mayHaveEscapes: boolean
}

/**
 * Make the account of a file, and put its records into the batch: all of them, or with a `copy` only those that are not
 * regular, while the copy gets the lines of the others.
 *
 * @param onRegularSoFar called now and then, as long as no copy was needed
 */
export async function takeRecords(
  source: RecordSource,
  text: OpenedText,
  dialect: CsvDialect,
  copy?: RegularCopy,
  onRegularSoFar: () => void = () => undefined,
): Promise<TakenRecords> {
  const marks = fieldMarks(dialect)
  const addRecord = recordAdder(source, dialect)
  let mayHaveEscapes = false
  const take: RecordVisitor = (bytes, start, end, line, fieldCount, fault) => {
    if (fault === null) {
      addRecord(splitRecord(bytes, start, end, marks), line)
      return
    }
    const raw = bytes.subarray(start, end)
    mayHaveEscapes ||= ESCAPE_FAULTS.has(fault) && raw.includes(`\\${dialect.quote}`)
    const reason = faultSentence(fault, fieldCount, dialect.columns.length, source, isEscaped(raw))
    const advice = source.upload.isCorrection ? '; correct its record in another copy of the CSV' : ''
    source.batch.addMalformed(`${reason}${advice}`, rawText(raw), source.fileId, line)
  }
  const format = recordFormat(dialect, source.table, source.limits.maxFieldBytes)
  const onRegular = copy === undefined ? take : undefined
  const account = await scanRecords(text.path, dialect.start, format, {
    onRegular,
    onIrregular: take,
    lines: copy,
    onBytes: (doneBytes) => {
      source.onBytes(doneBytes, text.sizeBytes)
      if (copy?.path === undefined) onRegularSoFar()
    },
  })
  return { dialect, account, mayHaveEscapes }
}

/** Puts a record's fields into the columns of the table, and what the table has no column for into JSON. */
function recordAdder(
  { batch, fileId, upload }: RecordSource,
  dialect: CsvDialect,
): (fields: string[], line: number) => void {
  const idPlace = upload.isCorrection ? dialect.columns.indexOf('_id') : -1
  const places = batch.columns.map((column) => dialect.columns.indexOf(column))
  const extra = dialect.extra.map((name) => [name, dialect.columns.indexOf(name)] as const)
  return (fields, line) => {
    const values = places.map((place) => orMissing(fields[place]))
    const others = extra.map(([name, place]) => [name, orMissing(fields[place])] as const)
    const corrects = idPlace === -1 ? null : (fields[idPlace] ?? '').trim()
    batch.addRecord(values, extraJson(others), fileId, line, corrects)
  }
}

/** An empty text is missing, as it is where the engine reads. */
function orMissing(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
