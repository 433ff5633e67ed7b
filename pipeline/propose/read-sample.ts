import { completeTable, type TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import type { Sql } from '../../core/sql.ts'
import { sql } from '../../core/sql.ts'
import { readHead } from '../ods/csv/decide-dialect.ts'
import { fieldMarks } from '../ods/csv/dialect.ts'
import type { Fault } from '../ods/csv/record-format.ts'
import { LINE_END, MAX_RECORD_BYTES } from '../ods/csv/record-format.ts'
import { scanRecords } from '../ods/csv/scan-records.ts'
import { splitRecord } from '../ods/csv/split-record.ts'
import { readLine, recordPlacer } from '../ods/json-lines/load-json-lines.ts'
import { parseObject } from '../ods/json-lines/parse-object.ts'
import { type LineVisitor, scanLines } from '../ods/json-lines/scan-lines.ts'
import { RecordBatch } from '../ods/record-batch.ts'
import type { OpenedText } from '../ods/text/open-text.ts'
import { type ColumnName, columnNames, numberedColumns } from './column-names.ts'
import { type GuessedDialect, guessDialect } from './guess-dialect.ts'
import type { Sample } from './sample-text.ts'

/** The records of a sample, as text in a table of the engine. */
export interface SampleRecords {
  /** A query of the well-formed ones, by `columns`. */
  readonly rows: Sql
  /** Columns that the contract can have, in the file's order. */
  readonly columns: readonly string[]
  /** Names in the file that no column can have, or that stand there twice. */
  readonly unusable: readonly string[]
  readonly records: number
  readonly malformed: number
  readonly faults: ReadonlyMap<string, number>
  /** Null for JSON lines. */
  readonly dialect: GuessedDialect | null
}

/** Read a CSV by the dialect that its first records suggest. */
export async function readCsvSample(
  engine: Engine,
  text: OpenedText,
  sample: Sample,
  hasHeader: boolean | undefined,
): Promise<SampleRecords> {
  const dialect = guessDialect(await readHead(text), hasHeader)
  const names: readonly ColumnName[] =
    dialect.header === null ? numberedColumns(dialect.fieldCount) : columnNames(dialect.header)
  const places = placesOf(names)
  const columns = [...places.keys()]
  const batch = await RecordBatch.open(engine, 'sample', columns)
  const marks = fieldMarks(dialect)
  const format = {
    ...marks,
    fieldCount: names.length,
    lineEnd: LINE_END.lf,
    maxFieldBytes: MAX_RECORD_BYTES,
  }
  let isFirst = dialect.header !== null
  const faults = new Map<Fault, number>()
  let records = 0
  const take = (bytes: Buffer, start: number, end: number, line: number, _: number, fault: Fault | null) => {
    if (isFirst) {
      isFirst = false
      return
    }
    records++
    if (fault !== null) {
      faults.set(fault, (faults.get(fault) ?? 0) + 1)
      return
    }
    const fields = splitRecord(bytes, start, end, marks)
    batch.addRecord(
      [...places.values()].map((place) => fields[place] || null),
      null,
      '',
      line,
    )
  }
  await scanRecords(sample.path, { offset: sample.bodyOffset, line: 1 }, format, {
    onRegular: take,
    onIrregular: take,
  })
  const unusable = (dialect.header ?? []).filter((_, index) => names[index] === null)
  return finish(batch, { columns, unusable, records, faults, dialect })
}

/** Read JSON lines twice: for the keys, and then for the values, as a run does. */
export async function readJsonSample(engine: Engine, sample: Sample, maxFieldBytes: number): Promise<SampleRecords> {
  const keys = new Set<string>()
  await scanObjects(sample, (raw) => {
    const found = parseObject(raw.toString('utf8'))
    if (typeof found === 'string') return
    for (const [key] of found) if (keys.size < MOST_KEYS) keys.add(key)
  })
  const names = columnNames(keys.size === 0 ? ['value'] : [...keys])
  const table = textTable(names.filter((name) => name !== null))
  const columns = Object.keys(table.columns)
  const batch = await RecordBatch.open(engine, 'sample', columns)
  const place = recordPlacer(table, new Set())
  const faults = new Map<string, number>()
  let records = 0
  await scanObjects(sample, (raw, line) => {
    records++
    const record = readLine(raw, maxFieldBytes, place)
    if (typeof record === 'string') faults.set(record, (faults.get(record) ?? 0) + 1)
    else batch.addRecord(record.values, record.extra, '', line)
  })
  const unusable = [...keys].filter((_, index) => names[index] === null)
  return finish(batch, { columns, unusable, records, faults, dialect: null })
}

/** Keys beyond these are data rather than columns. */
const MOST_KEYS = 1000

/** A table of text columns, none of them required. */
function textTable(names: readonly string[]): TableConfig {
  const columns = Object.fromEntries(names.map((name) => [name, { type: 'string', required: false }]))
  return completeTable({ files: ['*'], columns, primaryKey: names.slice(0, 1) })
}

async function scanObjects({ path, bodyOffset }: Sample, visit: (raw: Buffer, line: number) => void): Promise<void> {
  const take: LineVisitor = (bytes, start, end, line) => visit(bytes.subarray(start, end), line)
  await scanLines(path, bodyOffset, take, () => undefined)
}

/** Of each column, the place of its field. */
function placesOf(names: readonly ColumnName[]): Map<string, number> {
  return new Map(names.flatMap((name, index) => (name === null ? [] : [[name, index] as const])))
}

function finish(
  batch: RecordBatch,
  found: Omit<SampleRecords, 'rows' | 'malformed' | 'faults'> & { readonly faults: ReadonlyMap<string, number> },
): SampleRecords {
  const malformed = [...found.faults.values()].reduce((sum, count) => sum + count, 0)
  return { ...found, malformed, rows: sql`(${batch.records()})` }
}

/** @throws {DroplakeError} UPLOAD_EMPTY when there is nothing that a contract could be found in */
export function requireRecords({ records, malformed }: SampleRecords, name: string): void {
  if (records > malformed) return
  throw new DroplakeError(
    'UPLOAD_EMPTY',
    `"${name}" has ${records === 0 ? 'no record' : `${records} records, and none of them can be read`}; expected at least one`,
    { hint: 'A contract is proposed from the records of a file: name one that has some.' },
  )
}
