import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { DroplakeError } from '../../core/errors.ts'
import type { CsvDialect } from '../../pipeline/ods/csv/dialect.ts'
import { type CsvLake, type LoadedFile, type RawRow, withCsvLake } from '../helpers/csv-lake.ts'
import { countLineEnds, type Scanned, scanBytes } from '../helpers/csv-scan.ts'
import {
  type Layout,
  type LineEnd,
  type Quoting,
  type WrittenFile,
  type WrittenRecord,
  writeCsv,
} from '../helpers/csv-writer.ts'

/** A table of one to six of these columns; none of them is in a cell by chance. */
const COLUMNS = ['id', 'we"ird', 'drop table', 'Größe', '中文, 語', "o'clock"]
const TABLES = Object.fromEntries(COLUMNS.map((_, index) => [`table_${index + 1}`, COLUMNS.slice(0, index + 1)]))

const CELL_PARTS = [
  ...['a', 'B', '0', '1.5', '-', ' ', '\t', "'", '\\', '#', ';', '|', '\\N', 'NULL', 'null', '\x1f', '\x7f', '\x1a'],
  ...['é', 'ß', '中', '😀', '\u2028', '\u00a0', '\ufffd', 'e\u0301'],
]

/** Text of a cell, `special` pieces mixed in. */
function shortCellOf(special: readonly string[]): fc.Arbitrary<string> {
  const part = fc.oneof(fc.constantFrom(...CELL_PARTS), fc.constantFrom(...special))
  return fc.oneof(
    { arbitrary: fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')), weight: 9 },
    { arbitrary: fc.constant(''), weight: 1 },
  )
}

/** The same, and a few cells of some thousand bytes. */
function cellOf(special: readonly string[]): fc.Arbitrary<string> {
  const long = fc.constantFrom(...special).map((text) => `${text}é`.repeat(700))
  return fc.oneof({ arbitrary: shortCellOf(special), weight: 19 }, { arbitrary: long, weight: 1 })
}

interface Table {
  readonly tableName: string
  /** In the order of the file. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly layout: Layout
}

interface TableOptions {
  readonly cell: fc.Arbitrary<string>
  readonly lineEnds: fc.Arbitrary<readonly LineEnd[]>
  readonly blankLines: fc.Arbitrary<readonly number[]>
  readonly leastRows?: number
  readonly header?: fc.Arbitrary<boolean>
  readonly hasByteOrderMark?: fc.Arbitrary<boolean>
  readonly quoting?: fc.Arbitrary<Quoting>
}

function tableOf(options: TableOptions): fc.Arbitrary<Table> {
  const { leastRows = 0, header = fc.boolean(), hasByteOrderMark = fc.boolean(), quoting = anyQuoting } = options
  return fc
    .record({ width: fc.integer({ min: 1, max: COLUMNS.length }), hasHeader: header })
    .chain(({ width, hasHeader }) =>
      fc.record({
        width: fc.constant(width),
        order: hasHeader
          ? fc.shuffledSubarray(COLUMNS.slice(0, width), { minLength: width })
          : fc.constant(COLUMNS.slice(0, width)),
        header: hasHeader ? fc.array(headerStyle, { minLength: width, maxLength: width }) : fc.constant(null),
        rows: fc.array(fc.array(options.cell, { minLength: width, maxLength: width }), {
          minLength: Math.max(leastRows, hasHeader ? 0 : 1),
          maxLength: 8,
        }),
        hasByteOrderMark,
        quoting,
        lineEnds: options.lineEnds,
        blankLines: options.blankLines,
        endsWithLineEnd: fc.boolean(),
      }),
    )
    .map(({ width, order, header, rows, ...rest }) => {
      const layout = { ...rest, header: header === null ? null : order.map((column, at) => styled(column, header[at])) }
      return { tableName: `table_${width}`, columns: order, rows, layout }
    })
}

const anyQuoting = fc.constantFrom<Quoting>('needed', 'always', 'loose')
const headerStyle = fc.constantFrom('as it is', 'upper', 'spaces')

function styled(column: string, style: string | undefined): string {
  if (style === 'spaces') return ` ${column}\t`
  // The capital of ß is SS, which is another name.
  return style === 'upper' ? column.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : column
}

const anyLineEnds = fc.oneof(
  fc.constantFrom<readonly LineEnd[]>(['\n'], ['\r\n'], ['\r']),
  fc.array(fc.constantFrom<LineEnd>('\n', '\r\n', '\r'), { minLength: 1, maxLength: 7 }),
)
const anyBlankLines = fc.oneof(fc.constant([0]), fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 1, maxLength: 7 }))

/** Everything that CSV allows. */
const wildTable = tableOf({
  cell: cellOf([',', '"', '""', '\n', '\r', '\r\n', ',"', '",']),
  lineEnds: anyLineEnds,
  blankLines: anyBlankLines,
})

/** What the engine is allowed to read: no blank line, no line end inside a cell, all lines ending alike. */
const plainTable = tableOf({
  cell: cellOf([',', '"', '""', ',"', '",']),
  lineEnds: fc.constantFrom<readonly LineEnd[]>(['\n'], ['\r\n']),
  blankLines: fc.constant([0]),
})

/** What is declared is not guessed: a damaged file of three records could be another dialect's whole one. */
const RFC_4180 = { delimiter: ',', quote: '"', escape: 'doubled' } as const

const SCANNER_RUNS = 300
const ENGINE_RUNS = 60

vi.setConfig({ testTimeout: 120_000 })

test('whatever is written as CSV is split into the same cells, each record with its line', async () => {
  await fc.assert(
    fc.asyncProperty(wildTable, async ({ columns, rows, layout }) => {
      const written = writeCsv(rows, layout)
      const from = { offset: written.bodyOffset, line: written.bodyLine }
      const { records, account } = await scanBytes(written.bytes, columns.length, from)
      expect(records.map(({ line, fields, fault }) => ({ line, fields, fault }))).toEqual(
        written.records.map(({ line, cells }) => ({ line, fields: cells, fault: null })),
      )
      const hasHeader = written.bodyLine > 1
      expect(account).toMatchObject({
        records: written.records.length,
        malformed: 0,
        blank: hasHeader ? written.blankLines - written.leadingBlankLines : written.blankLines,
        textBytes: sum(written.records.flatMap(({ cells }) => cells.map((cell) => Buffer.byteLength(cell)))),
      })
    }),
    { numRuns: SCANNER_RUNS },
  )
})

test.each([
  ['plain', plainTable],
  ['of any layout', wildTable],
])('a file that is %s arrives in ODS cell by cell, each record with its line', async (_name, table) => {
  let byEngine = 0
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(table, async ({ tableName, columns, rows, layout }) => {
        const written = writeCsv(rows, layout)
        const rawFile = await lake.load(tableName, written.bytes, { contract: RFC_4180 })
        expect(rawFile.dialect).toMatchObject({ columns, hasHeader: layout.header !== null })
        expect(rawFile.records).toBe(written.records.length)
        expect(rawFile.blank).toBe(written.blankLines)
        expect((await lake.rows(rawFile)).map(comparable)).toEqual(written.records.map(comparableTo(columns)))
        if (rawFile.regular !== null) byEngine++
      }),
      { numRuns: ENGINE_RUNS },
    ),
  )
  // Otherwise the engine was not tried at all.
  expect(byEngine).toBeGreaterThan(ENGINE_RUNS / 10)
})

/** By column of the table; the header of a damaged file may lack one that is optional, and name others. */
function cellsOf(lake: CsvLake, tableName: string, columns: readonly string[], fields: readonly string[] | null) {
  const names = Object.keys(lake.table(tableName).columns)
  return Object.fromEntries(names.map((name) => [name, fields?.[columns.indexOf(name)] ?? '']))
}

/** '' and no value are one and the same in ODS. */
function comparable(row: RawRow): { line: number; malformed: string | null; cells: Record<string, string> } {
  const cells = Object.fromEntries(Object.entries(row.cells).map(([column, cell]) => [column, cell ?? '']))
  return { line: row.line, malformed: row.malformed, cells }
}

function comparableTo(columns: readonly string[]): (record: { line: number; cells: readonly string[] }) => unknown {
  return ({ line, cells }) => ({
    line,
    malformed: null,
    cells: Object.fromEntries(columns.map((column, index) => [column, cells[index]])),
  })
}

type Edit =
  | { readonly kind: 'replace' | 'insert'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: 'delete'; readonly at: number; readonly count: number }
  | { readonly kind: 'truncate'; readonly at: number }

const QUOTE = 34
const [LF, CR] = [10, 13]

function damageOf(byte: fc.Arbitrary<number>): fc.Arbitrary<Edit[]> {
  // A place as a share of the file's length, so that it can be shrunk along with the file.
  const at = fc.double({ min: 0, max: 1, noNaN: true })
  const bytes = fc.array(byte, { minLength: 1, maxLength: 5 })
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    { arbitrary: fc.record({ kind: fc.constant('replace' as const), at, bytes }), weight: 4 },
    { arbitrary: fc.record({ kind: fc.constant('insert' as const), at, bytes }), weight: 4 },
    {
      arbitrary: fc.record({ kind: fc.constant('delete' as const), at, count: fc.integer({ min: 1, max: 5 }) }),
      weight: 4,
    },
    { arbitrary: fc.record({ kind: fc.constant('truncate' as const), at }), weight: 1 },
  )
  return fc.array(edit, { minLength: 1, maxLength: 3 })
}

const NASTY = [44, LF, CR, 0, 0xff, 0xc3, 0x41, 0x20, 0xef]
const damage = damageOf(fc.oneof(fc.constantFrom(QUOTE, QUOTE, QUOTE, ...NASTY), fc.integer({ min: 0, max: 255 })))
const damageWithoutQuotes = damageOf(fc.constantFrom(...NASTY))

interface Damaged {
  readonly bytes: Buffer
  /** Where each byte stood before the damage; -1 for a byte that it brought. */
  readonly origins: readonly number[]
  /** Whether a quote was brought or taken away. */
  readonly touchesQuotes: boolean
}

function applyDamage(original: Buffer, edits: readonly Edit[]): Damaged {
  const bytes = [...original].map((byte, origin) => ({ byte, origin }))
  let touchesQuotes = false
  const splice = (at: number, count: number, added: readonly number[]) => {
    const removed = bytes.splice(at, count, ...added.map((byte) => ({ byte, origin: -1 })))
    touchesQuotes ||= removed.some(({ byte }) => byte === QUOTE) || added.includes(QUOTE)
  }
  for (const edit of edits) {
    const at = Math.floor(edit.at * bytes.length)
    if (edit.kind === 'replace') splice(at, edit.bytes.length, edit.bytes)
    else if (edit.kind === 'insert') splice(at, 0, edit.bytes)
    else if (edit.kind === 'delete') splice(at, edit.count, [])
    else splice(at, bytes.length, [])
  }
  return {
    bytes: Buffer.from(bytes.map(({ byte }) => byte)),
    origins: bytes.map(({ origin }) => origin),
    touchesQuotes,
  }
}

/** The records that the damage left alone: all their bytes are there in one piece, and a line end or nothing on either side. */
function intactRecords(written: WrittenFile, damaged: Damaged): { record: WrittenRecord; line: number }[] {
  return written.records.flatMap((record) => {
    const start = damaged.origins.indexOf(record.start)
    const end = start + record.end - record.start
    const isWhole =
      start !== -1 &&
      end <= damaged.bytes.length &&
      damaged.origins.slice(start, end).every((origin, index) => origin === record.start + index)
    if (!isWhole || !isLineEdge(damaged.bytes[start - 1]) || !isLineEdge(damaged.bytes[end])) return []
    return [{ record, line: 1 + countLineEnds(damaged.bytes.subarray(0, start)) }]
  })
}

function isLineEdge(byte: number | undefined): boolean {
  return byte === undefined || byte === LF || byte === CR
}

/** To be damaged and scanned from its first byte. A record with a bare quote is not known again inside of damage. */
const soundTable = tableOf({
  cell: shortCellOf([',', '"', '""', '\n', '\r\n', ',"', '",', '",\n']),
  lineEnds: anyLineEnds,
  blankLines: anyBlankLines,
  leastRows: 3,
  header: fc.constant(false),
  hasByteOrderMark: fc.constant(false),
  quoting: fc.constantFrom('needed', 'always'),
})

test('in a damaged file every byte belongs to a record with its line, or is a line end', async () => {
  await fc.assert(
    fc.asyncProperty(soundTable, damage, async ({ columns, rows, layout }, edits) => {
      const { bytes } = applyDamage(writeCsv(rows, layout).bytes, edits)
      expectWholeAccount(bytes, await scanBytes(bytes, columns.length), columns.length)
    }),
    { numRuns: SCANNER_RUNS },
  )
})

/** What must hold for any bytes at all, told without droplake's parser. */
function expectWholeAccount(bytes: Buffer, { records, account }: Scanned, fieldCount: number): void {
  let at = 0
  let line = 1
  const passLineEnds = () => {
    const start = at
    while (bytes[at] === LF || bytes[at] === CR) at++
    line += countLineEnds(bytes.subarray(start, at))
  }
  for (const record of records) {
    passLineEnds()
    expect({ line: record.line, bytes: record.bytes.toString('latin1') }).toEqual({
      line,
      bytes: bytes.toString('latin1', at, at + record.bytes.length),
    })
    at += record.bytes.length
    line += countLineEnds(record.bytes)
    expect(isLineEdge(bytes[at])).toBe(true)
    if (record.fields !== null) {
      expect(record.fields.length).toBe(fieldCount)
      expect(record.fields).toEqual(splitByExpression(record.bytes.toString()))
    }
  }
  passLineEnds()
  expect(at).toBe(bytes.length)
  const malformed = records.filter(({ fault }) => fault !== null)
  expect(account).toMatchObject({ records: records.length, malformed: malformed.length })
  expect(account.records + account.blank).toBeLessThanOrEqual(line)
}

/** RFC 4180 as a regular expression, with bare quotes allowed inside unquoted fields. */
function splitByExpression(record: string): string[] {
  const field = /"((?:[^"]|"")*)"(?![^,])|((?!")[^,\r\n]*)(?![^,])/y
  const fields: string[] = []
  for (;;) {
    const match = field.exec(record)
    if (match === null) throw new Error(`no field at ${field.lastIndex} of ${JSON.stringify(record)}`)
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    const end = match.index + match[0].length
    if (end === record.length) return fields
    field.lastIndex = end + 1
  }
}

test('damage that touches no quote costs no record but those it lies in', async () => {
  let intactCount = 0
  await fc.assert(
    fc.asyncProperty(soundTable, damageWithoutQuotes, async ({ columns, rows, layout }, edits) => {
      const written = writeCsv(rows, layout)
      const damaged = applyDamage(written.bytes, edits)
      fc.pre(!damaged.touchesQuotes)
      const { records } = await scanBytes(damaged.bytes, columns.length)
      const isDelivered = ({ record, line }: { record: WrittenRecord; line: number }) =>
        records.some((found) => found.line === line && JSON.stringify(found.fields) === JSON.stringify(record.cells))
      // Cut off from its comma, a closing quote may become an opening one, and be closed by the rules further down: all
      // between is then one record, with as many fields as it should have.
      const isInsideRecord = ({ line }: { line: number }) =>
        records.some((found) => {
          const lineCount = 1 + countLineEnds(found.bytes)
          return found.fieldCount === columns.length && found.line < line && line < found.line + lineCount
        })
      const intact = intactRecords(written, damaged)
      intactCount += intact.length
      expect(intact.filter((record) => !isDelivered(record) && !isInsideRecord(record))).toEqual([])
    }),
    { numRuns: SCANNER_RUNS },
  )
  expect(intactCount).toBeGreaterThan(SCANNER_RUNS)
})

test('a damaged file is loaded record by record as it was scanned, or refused as a file', async () => {
  const outcomes = { loaded: 0, refused: 0 }
  const anyTable = fc.oneof(wildTable, plainTable)
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(anyTable, damage, async ({ tableName, rows, layout }, edits) => {
        const { bytes } = applyDamage(writeCsv(rows, layout).bytes, edits)
        const rawFile = await loadOrRefusal(lake, tableName, bytes)
        if (rawFile instanceof DroplakeError) {
          expect(rawFile.code).toMatch(REFUSALS)
          outcomes.refused++
          return
        }
        outcomes.loaded++
        const { columns, start } = rawFile.dialect as CsvDialect
        const { records, account } = await scanBytes(bytes, columns.length, start)
        expect(rawFile.records).toBe(account.records)
        const rawRows = await lake.rows(rawFile)
        expect(rawRows.map((row) => ({ ...comparable(row), malformed: row.malformed !== null }))).toEqual(
          records.map(({ line, fields }) => ({
            line,
            malformed: fields === null,
            cells: cellsOf(lake, tableName, columns, fields),
          })),
        )
        expect(rawRows.map(({ raw }) => raw)).toEqual(
          records.map(({ fields, bytes }) => (fields === null ? shownText(bytes) : null)),
        )
      }),
      { numRuns: 2 * ENGINE_RUNS },
    ),
  )
  expect(outcomes.loaded).toBeGreaterThan(ENGINE_RUNS / 2)
})

/** CSV_DOES_NOT_ADD_UP is not among them: it is an input error for the run, and a fault of droplake here. */
const REFUSALS = /^(UPLOAD_EMPTY|UPLOAD_NOT_TEXT|UPLOAD_DAMAGED|CSV_HEADER_MISMATCH|CSV_NO_RECORD_FITS)$/

async function loadOrRefusal(lake: CsvLake, tableName: string, bytes: Buffer): Promise<LoadedFile | DroplakeError> {
  return lake.load(tableName, bytes, { contract: RFC_4180 }).catch((error: unknown) => {
    if (error instanceof DroplakeError) return error
    throw error
  })
}

/** Text with each byte that is none as \xHH, character by character. */
function shownText(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = [1, 2, 3, 4].find((count) => isText(bytes.subarray(at, at + count)) && at + count <= bytes.length)
    const isNul = bytes[at] === 0
    text += size === undefined || isNul ? hexOf(bytes[at] ?? 0) : bytes.toString('utf8', at, at + size)
    at += size ?? 1
  }
  return text
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes)
}

function hexOf(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
