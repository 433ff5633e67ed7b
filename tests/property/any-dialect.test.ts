import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { TableConfig } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type CsvLake, type LoadedFile, type RawRow, withCsvLake } from '../helpers/csv-lake.ts'
import type { LineEnd } from '../helpers/csv-writer.ts'
import { type AnyDialect, writeInDialect } from '../helpers/dialect-writer.ts'

const COLUMNS = ['id', 'full name', 'city', 'note']
const TABLES = {
  ...Object.fromEntries(COLUMNS.map((_, index) => [`table_${index + 1}`, COLUMNS.slice(0, index + 1)])),
  typed: ['id', 'day', 'amount', 'active', 'name'],
}
const RUNS = Number(process.env.DROPLAKE_DIALECT_RUNS ?? 60)

vi.setConfig({ testTimeout: 300_000 + RUNS * 3000 })

const lineEnds = fc.oneof(
  fc.constantFrom<readonly LineEnd[]>(['\n'], ['\r\n'], ['\r']),
  fc.array(fc.constantFrom<LineEnd>('\n', '\r\n', '\r'), { minLength: 1, maxLength: 5 }),
)

const anyDialect: fc.Arbitrary<AnyDialect> = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    quote: fc.constantFrom('"', '"', '"', "'"),
    escape: fc.constantFrom('doubled', 'doubled', 'backslash'),
    quoting: fc.constantFrom('needed', 'always'),
    lineEnds,
    blankLines: fc.constantFrom([0], [0], [0, 0, 1], [2, 0]),
    endsWithLineEnd: fc.boolean(),
    encoding: fc.constantFrom('utf-8', 'utf-8', 'utf-8 with mark', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'),
    isPacked: fc.boolean(),
  } as const)
  // Single quotes around few fields could as well be text: only where they stand around all of them can they be found out.
  .map((dialect) => (dialect.quote === "'" ? { ...dialect, quoting: 'always' as const } : dialect))

const WORDS = ['a', 'B', '7', '-1.5', ' ', 'x y', '#', 'NULL', 'é', 'ü', '\u00a0', 'id']
const WIDE = ['中', '😀', '\u2028', 'ß']
const SIGNS = [',', ';', '\t', '|', '\n', '\r\n', '\r']

/** A quote stands between letters: alone at an edge it could be read in several ways. */
function cellFor({ quote, encoding }: AnyDialect): fc.Arbitrary<string> {
  const letters =
    encoding === 'latin1' ? WORDS : encoding === 'windows-1252' ? [...WORDS, '€', '“', '–', 'ž'] : [...WORDS, ...WIDE]
  const part = fc.oneof(
    { arbitrary: fc.constantFrom(...letters), weight: 4 },
    { arbitrary: fc.constantFrom(...SIGNS, `q${quote}q`, `q${quote}${quote}q`, 'C:\\dir'), weight: 1 },
  )
  return fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''))
}

function styled(column: string, style: number): string {
  return (
    [column, column.toUpperCase(), ` ${column} `, column.replaceAll(' ', '_'), column.replaceAll(' ', '-')][style] ??
    column
  )
}

const headerFile = anyDialect.chain((dialect) =>
  fc.integer({ min: dialect.delimiter === ',' ? 1 : 2, max: COLUMNS.length }).chain((width) =>
    fc.record({
      dialect: fc.constant(dialect),
      tableName: fc.constant(`table_${width}`),
      order: fc.shuffledSubarray(COLUMNS.slice(0, width), { minLength: width }),
      styles: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: width, maxLength: width }),
      rows: fc.array(fc.array(cellFor(dialect), { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 8,
      }),
      smallBytes: fc.constantFrom(0, Number.POSITIVE_INFINITY),
    }),
  ),
)

/** What the issue says is never guessed is declared; whether backslashes escape can be told only where one does. */
function declaredFor(dialect: AnyDialect, rows: readonly (readonly string[])[]): Partial<TableConfig> {
  const isSingleByte = dialect.encoding === 'latin1' || dialect.encoding === 'windows-1252'
  const tells = rows.every((row) => row.every((cell) => !cell.includes('\\') && !cell.includes(dialect.quote)))
  return {
    ...(isSingleByte ? { encoding: dialect.encoding as 'latin1' } : {}),
    ...(dialect.escape === 'backslash' || !tells ? { escape: dialect.escape } : {}),
  }
}

test('a file in any dialect with a header comes back cell by cell, each record with its line', async () => {
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(headerFile, async ({ dialect, tableName, order, styles, rows, smallBytes }) => {
        const header = order.map((column, index) => styled(column, styles[index] ?? 0))
        const { bytes, lines } = writeInDialect(header, rows, dialect)
        const contract = declaredFor(dialect, rows)
        const rawFile = await lake.load(tableName, bytes, { smallBytes, contract })
        expect(rawFile.dialect).toMatchObject({ hasHeader: true, columns: order })
        expect(cellsOf(await lake.rows(rawFile))).toEqual(expectedOf(order, rows, lines))
      }),
      { numRuns: 2 * RUNS },
    ),
  )
})

const TYPED = {
  id: { type: 'integer', required: true },
  day: { type: 'date', required: true },
  amount: { type: 'decimal(10,2)', required: true },
  active: { type: 'boolean', required: true },
  name: { type: 'string', required: false },
} as const

const typedFile = anyDialect.chain((dialect) =>
  fc.record({
    dialect: fc.constant(dialect),
    rows: fc.array(
      fc.tuple(
        fc.integer().map(String),
        fc
          .date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
          .map((date) => date.toISOString().slice(0, 10)),
        fc.integer({ min: -99_999, max: 99_999 }).map((cents) => (cents / 100).toFixed(2)),
        fc.constantFrom('true', 'false'),
        cellFor(dialect),
      ),
      { minLength: 1, maxLength: 8 },
    ),
    smallBytes: fc.constantFrom(0, Number.POSITIVE_INFINITY),
  }),
)

test('a file in any dialect without header comes back cell by cell, told by the types of its columns', async () => {
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(typedFile, async ({ dialect, rows, smallBytes }) => {
        const { bytes, lines } = writeInDialect(null, rows, dialect)
        const contract = { ...declaredFor(dialect, rows), columns: TYPED }
        const rawFile = await lake.load('typed', bytes, { smallBytes, contract })
        expect(rawFile.dialect).toMatchObject({ hasHeader: false, delimiter: dialect.delimiter })
        expect(cellsOf(await lake.rows(rawFile))).toEqual(expectedOf(Object.keys(TYPED), rows, lines))
      }),
      { numRuns: RUNS },
    ),
  )
})

function cellsOf(rows: readonly RawRow[]) {
  return rows.map(({ line, cells, malformed }) => ({
    line,
    malformed,
    cells: Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell ?? ''])),
  }))
}

function expectedOf(columns: readonly string[], rows: readonly (readonly string[])[], lines: readonly number[]) {
  return rows.map((row, index) => ({
    line: lines[index],
    malformed: null,
    cells: Object.fromEntries(columns.map((column, place) => [column, row[place]])),
  }))
}

// ---- the two ways to read a file

/** Anything that could stand in a CSV, in any order. */
const PIECES = [
  ...['a', 'bc', '1', ' ', 'é', '😀', '\\', "'", 'x'.repeat(300)],
  ...[',', ',', ',', ',', ';', '\t', '"', '"', '""', ',"', '",', '\\"'],
  ...['\n', '\n', '\n', '\n', '\r\n', '\r', '\n\n'],
].map((piece) => Buffer.from(piece))
const BYTES = [Buffer.from([0]), Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xef, 0xbb, 0xbf])]
const HEADERS = [
  '',
  '',
  'id,full name,city\n',
  'city,id\r\n',
  '\n\nid,x,city,full name,2024,x\n',
  '"id","extra\n""1""",b\n',
]

const soup = fc.record({
  header: fc.constantFrom(...HEADERS),
  pieces: fc.array(
    fc.oneof(
      { arbitrary: fc.constantFrom(...PIECES), weight: 30 },
      { arbitrary: fc.constantFrom(...BYTES), weight: 1 },
      // Whole records, so that there is something regular to read.
      {
        arbitrary: fc
          .constantFrom('1,Ana,Lima\n', '2,,\n', ',,\n', ',,x\n', '3,"B, o","C ""c"""\n', '4\n', '""\n', '\n')
          .map((text) => Buffer.from(text)),
        weight: 30,
      },
    ),
    { minLength: 1, maxLength: 30 },
  ),
  tableName: fc.constantFrom('table_1', 'table_3', 'table_3', 'table_4'),
  contract: fc.constantFrom<Partial<TableConfig>>(
    ...([
      {},
      {},
      { quote: '"', escape: 'doubled', delimiter: ',' },
      { quote: '' },
      { quote: "'" },
      { escape: 'backslash' },
      { header: false },
    ] as const),
  ),
})

test('the engine and our parser give the same records of the same bytes', async () => {
  const counts = { loaded: 0, byEngine: 0 }
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(soup, async ({ header, pieces, tableName, contract }) => {
        const bytes = Buffer.concat([Buffer.from(header), ...pieces])
        const byEngine = await outcome(lake, tableName, bytes, { smallBytes: 0, contract })
        const byParser = await outcome(lake, tableName, bytes, { smallBytes: Number.POSITIVE_INFINITY, contract })
        expect(byEngine.rows).toEqual(byParser.rows)
        expect(byEngine.told).toEqual(byParser.told)
        if (byEngine.file !== undefined) counts.loaded++
        if (byEngine.file?.regular != null) counts.byEngine++
      }),
      { numRuns: 6 * RUNS },
    ),
  )
  expect(counts.byEngine).toBeGreaterThan(RUNS)
})

interface Outcome {
  readonly file?: LoadedFile
  readonly rows: readonly unknown[]
  readonly told: unknown
}

async function outcome(lake: CsvLake, tableName: string, bytes: Buffer, options: object): Promise<Outcome> {
  try {
    const file = await lake.load(tableName, bytes, options)
    const { reader, ...dialect } = file.dialect
    return { file, rows: await lake.rows(file), told: { dialect, records: file.records, blank: file.blank } }
  } catch (error) {
    if (!(error instanceof DroplakeError) || error.kind !== 'input') throw error
    expect(error.code).not.toBe('CSV_DOES_NOT_ADD_UP')
    return { rows: [], told: error.message }
  }
}

// ---- damage

const someBytes = fc.array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 10, 13, 34, 44)), {
  maxLength: 4,
})
const damages = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.integer({ min: 0, max: 4 }),
    added: someBytes,
  }),
  { minLength: 1, maxLength: 3 },
)

function damaged(bytes: Buffer, edits: readonly { at: number; removed: number; added: readonly number[] }[]): Buffer {
  return edits.reduce((result, { at, removed, added }) => {
    const place = Math.floor(at * (result.length + 1))
    return Buffer.concat([result.subarray(0, place), Buffer.from(added), result.subarray(place + removed)])
  }, bytes)
}

test('a damaged file of any encoding, packed or not, is read whole or refused for it; packed text never changes', async () => {
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(headerFile, damages, async ({ dialect, tableName, order, rows, smallBytes }, edits) => {
        const written = writeInDialect(order, rows, dialect).bytes
        const bytes = damaged(written, edits)
        const contract = declaredFor(dialect, rows)
        const found = await outcome(lake, tableName, bytes, { smallBytes, contract })
        if (found.file === undefined) return
        expect(found.rows.length).toBe(found.file.records)
        if (found.file.dialect.compression !== 'gzip') return
        // A gzip that still unpacks after damage has the same text, or it has lost its magic number.
        expect(gunzipSync(bytes)).toEqual(gunzipSync(written))
      }),
      { numRuns: 2 * RUNS },
    ),
  )
})

test('damage behind a record leaves it as it is, in any encoding', async () => {
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(
        headerFile,
        damages,
        fc.nat(),
        async ({ dialect, tableName, order, rows, smallBytes }, edits, cut) => {
          const plain = { ...dialect, isPacked: false, endsWithLineEnd: true }
          const before = rows.slice(0, 1 + (cut % rows.length))
          const intact = writeInDialect(order, before, plain)
          const whole = writeInDialect(order, rows, plain).bytes
          const rest = damaged(whole.subarray(intact.bytes.length), edits)
          const { delimiter, quote } = dialect
          const contract = { ...declaredFor(dialect, rows), delimiter, quote, escape: dialect.escape }
          const bytes = Buffer.concat([intact.bytes, rest])
          const rawFile = await lake.load(tableName, bytes, { smallBytes, contract })
          const found = cellsOf(await lake.rows(rawFile)).slice(0, before.length)
          expect(found).toEqual(expectedOf(order, before, intact.lines))
        },
      ),
      { numRuns: 2 * RUNS },
    ),
  )
})

// ---- JSON lines

/** A JSON value as it is written, and the text that it stands for. */
const jsonValue: fc.Arbitrary<{ json: string; text: string | null }> = fc.oneof(
  fc
    .string({ unit: 'grapheme', maxLength: 8 })
    .map((text) => ({ json: JSON.stringify(text), text: text === '' ? null : text })),
  fc
    .constantFrom('1.10', '-0', '12345678901234567890', '1e400', '0.1E-7', '100', 'true', 'false')
    .map((text) => ({ json: text, text })),
  fc.constant({ json: 'null', text: null }),
  fc
    .json({ maxDepth: 2 })
    .filter((json) => /^[[{]/.test(json))
    .map((text) => ({ json: text, text })),
  fc.constantFrom(
    { json: '"\\u00e9\\ud83d\\ude00\\/"', text: 'é😀/' },
    { json: '[ 1.0 , "]\\"" ]', text: '[ 1.0 , "]\\"" ]' },
  ),
)

const jsonRecord = fc.record({
  values: fc.uniqueArray(
    fc.tuple(fc.constantFrom('id', 'FULL NAME', 'city', 'colour', '10', '2', '__proto__', 'ü"'), jsonValue),
    {
      selector: ([key]) => key,
      maxLength: 6,
    },
  ),
  space: fc.constantFrom('', ' ', '\t'),
})

test('JSON lines come back as they were written, numbers and nested values by their text', async () => {
  await withCsvLake(TABLES, (lake) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(jsonRecord, { minLength: 1, maxLength: 6 }),
        lineEnds,
        fc.boolean(),
        async (records, ends, isPacked) => {
          const lines = records.map(
            ({ values, space }) =>
              `${space}{${values.map(([key, { json }]) => `${JSON.stringify(key)}${space}:${space}${json}`).join(`,${space}`)}}`,
          )
          // LF below CR would be one line end.
          const end = ends[0] ?? '\n'
          const content = Buffer.from(lines.join(end) + end)
          const file = await lake.load('table_3', isPacked ? gzipSync(content) : content, { name: 'table_3.jsonl' })
          const expected = records.map(({ values }, index) => {
            const textOf = (name: string) => values.find(([key]) => key === name)?.[1].text ?? null
            const extra = values.filter(([key]) => !['id', 'FULL NAME', 'city'].includes(key))
            const isKept = extra.some(([, { text }]) => text !== null)
            const pairs = extra.map(([key, { text }]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`)
            return {
              line: index + 1,
              cells: { id: textOf('id'), 'full name': textOf('FULL NAME'), city: textOf('city') },
              malformed: null,
              raw: null,
              ...(isKept ? { extra: `{${pairs.join(',')}}` } : {}),
            }
          })
          expect(await lake.rows(file)).toEqual(expected)
        },
      ),
      { numRuns: RUNS },
    ),
  )
})
