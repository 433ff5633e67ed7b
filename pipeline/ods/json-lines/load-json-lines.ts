import { isUtf8 } from 'node:buffer'
import type { TableConfig } from '../../../core/config/schema.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { extraJson } from '../extra-json.ts'
import { type Fault, faultSentence } from '../fault-sentence.ts'
import { matchColumn } from '../match-column.ts'
import type { LoadedRecords, RecordSource } from '../record-source.ts'
import type { OpenedText } from '../text/open-text.ts'
import { isEscaped, rawText } from '../text/raw-text.ts'
import { type JsonEntry, parseObject } from './parse-object.ts'
import { scanLines } from './scan-lines.ts'

/** How JSON lines were read; kept in control.files.dialect. */
export interface JsonLinesDialect {
  readonly format: 'jsonl'
  readonly columns: readonly string[]
  /** Keys that the table has no column for. */
  readonly extra: readonly string[]
}

/** Keys beyond the table's columns that are told in the dialect; a file whose keys are data has as many as records. */
const MOST_EXTRA = 100

/** Whether an upload holds JSON lines, by its name: `*.jsonl` or `*.ndjson`, packed or not. */
export function isJsonLines(name: string): boolean {
  return /\.(jsonl|ndjson)(\.gz|\.zst)?$/i.test(name)
}

/**
 * Load JSON lines, one object per record, by the same contract as a CSV: a value's text goes into the column that its key
 * names, numbers, true and false as they are written, null as missing, nested values as their JSON.
 *
 * @throws {DroplakeError} UPLOAD_EMPTY
 */
export async function loadJsonLines(source: RecordSource, text: OpenedText): Promise<LoadedRecords> {
  const { batch, fileId, table } = source
  const columns = Object.keys(table.columns)
  const extra = new Set<string>()
  const faults = new Map<Fault, number>()
  const counts = { records: 0, malformed: 0, textBytes: 0 }
  const place = recordPlacer(table, extra)
  const blank = await scanLines(
    text.path,
    text.bodyOffset,
    (bytes, start, end, line, isTooLong) => {
      const raw = bytes.subarray(start, end)
      const record = isTooLong ? 'too_long' : readLine(raw, source.limits.maxFieldBytes, place)
      counts.records++
      if (typeof record === 'string') {
        counts.malformed++
        faults.set(record, (faults.get(record) ?? 0) + 1)
        const reason = faultSentence(record, 0, columns.length, source, isEscaped(raw))
        batch.addMalformed(reason, rawText(raw), fileId, line)
      } else {
        counts.textBytes += record.textBytes
        batch.addRecord(record.values, record.extra, fileId, line)
      }
    },
    (doneBytes) => source.onBytes(doneBytes, text.sizeBytes),
  )
  if (counts.records === 0) throw emptyUpload(source.upload.name)
  const dialect = { format: 'jsonl' as const, columns, extra: [...extra] }
  const account = { records: counts.records, malformed: counts.malformed, faults, fieldCounts: new Map() }
  return { dialect, account, reader: 'parser', regular: null, blank, inBatch: counts }
}

interface PlacedRecord {
  /** In the order of the table's columns. */
  readonly values: readonly (string | null)[]
  readonly extra: string | null
  readonly textBytes: number
}

type Placer = (entries: readonly JsonEntry[]) => PlacedRecord | Fault

/** Read a line as an object of the table, or say what is wrong with it. */
export function readLine(raw: Buffer, maxFieldBytes: number, place: Placer): PlacedRecord | Fault {
  if (!isUtf8(raw)) return 'not_utf8'
  const entries = parseObject(raw.toString('utf8'))
  if (typeof entries === 'string') return entries
  for (const [key, value] of entries) {
    if (/\p{Surrogate}/u.test(key)) return 'lone_surrogate'
    if (key.includes('\0')) return 'nul_byte'
    if (value === null) continue
    if (value.includes('\0')) return 'nul_byte'
    if (/\p{Surrogate}/u.test(value)) return 'lone_surrogate'
    if (Buffer.byteLength(value) > maxFieldBytes) return 'field_too_long'
  }
  return place(entries)
}

/** Puts each value into its column, and what the table has no column for into JSON. */
export function recordPlacer(table: TableConfig, extra: Set<string>): Placer {
  const places = new Map(Object.keys(table.columns).map((column, index) => [column, index]))
  const known = new Map<string, number | undefined>()
  const placeOf = (key: string) => {
    if (!known.has(key)) known.set(key, places.get(matchColumn(key, table) ?? ''))
    return known.get(key)
  }
  return (entries) => {
    const values: (string | null)[] = Array.from(places, () => null)
    const taken = new Set<number | string>()
    const others: JsonEntry[] = []
    let textBytes = 0
    for (const [key, value] of entries) {
      const index = placeOf(key)
      if (taken.has(index ?? key)) return 'key_twice'
      taken.add(index ?? key)
      const text = value === '' ? null : value
      if (index === undefined) others.push([key, text])
      else values[index] = text
      textBytes += text === null ? 0 : Buffer.byteLength(text)
    }
    if (others.length > 0 && table.onExtraColumns === 'refuse') return 'unknown_key'
    for (const [key] of others) if (extra.size < MOST_EXTRA) extra.add(key)
    return { values, extra: extraJson(others), textBytes }
  }
}

function emptyUpload(name: string): DroplakeError {
  return new DroplakeError('UPLOAD_EMPTY', `"${name}" has no line with an object; expected at least one`, {
    hint: 'Export the file again and drop it.',
  })
}
