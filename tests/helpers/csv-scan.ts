import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordAccount, RecordVisitor, ScanStart } from '../../pipeline/ods/csv/record-account.ts'
import { type Fault, LINE_END, type RecordFormat } from '../../pipeline/ods/csv/record-format.ts'
import { scanRecords } from '../../pipeline/ods/csv/scan-records.ts'
import { splitRecord } from '../../pipeline/ods/csv/split-record.ts'

/** CSV by RFC 4180, of any number of fields. */
export const RFC_4180: RecordFormat = {
  delimiter: 44,
  quote: 34,
  hasBackslash: false,
  lineEnd: LINE_END.lf,
  maxFieldBytes: 16 * 1024 * 1024,
  fieldCount: 0,
}

export function rfc4180(fieldCount: number): RecordFormat {
  return { ...RFC_4180, fieldCount }
}

/** A record as `scanRecords` handed it out. */
export interface ScannedRecord {
  readonly line: number
  readonly fault: Fault | null
  /** Null for a malformed record. */
  readonly fields: readonly string[] | null
  readonly fieldCount: number
  /** A copy of its bytes, without the line end. */
  readonly bytes: Buffer
}

export interface Scanned {
  readonly records: readonly ScannedRecord[]
  readonly account: RecordAccount
}

export const FROM_THE_TOP: ScanStart = { offset: 0, line: 1 }

/** Put bytes into a file of their own while `work` looks at it. */
export async function withCsvFile<Result>(
  content: string | Uint8Array,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'droplake-csv-'))
  try {
    const path = join(folder, 'upload')
    await writeFile(path, content)
    return await work(path)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Every record of a file's bytes, split into its fields. */
export async function scanBytes(
  content: string | Uint8Array,
  fieldCount: number,
  from: ScanStart = FROM_THE_TOP,
): Promise<Scanned> {
  return withCsvFile(content, (path) => scanFile(path, fieldCount, from))
}

export async function scanFile(path: string, fieldCount: number, from: ScanStart = FROM_THE_TOP): Promise<Scanned> {
  const records: ScannedRecord[] = []
  const visit: RecordVisitor = (bytes, start, end, line, found, fault) => {
    const fields = fault === null ? splitRecord(bytes, start, end, RFC_4180) : null
    records.push({ line, fault, fields, fieldCount: found, bytes: Buffer.from(bytes.subarray(start, end)) })
  }
  const account = await scanRecords(path, from, rfc4180(fieldCount), { onRegular: visit, onIrregular: visit })
  return { records, account }
}

/** `['1: a|b', '2: unclosed_quote <c,"d>']`: short enough to be compared at a glance. */
export function describeRecords(scanned: Scanned): string[] {
  return scanned.records.map(({ line, fault, fields, bytes }) =>
    fields === null ? `${line}: ${fault} <${bytes.toString('latin1')}>` : `${line}: ${fields.join('|')}`,
  )
}

/** Physical lines begin behind LF, CRLF and lone CR. */
export function countLineEnds(bytes: Uint8Array): number {
  let count = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] !== 10)) count++
  }
  return count
}
