import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CODEC_OF } from '../../backup/avro/codecs.ts'
import { AvroFileReader } from '../../backup/avro/read-file.ts'
import { AvroFileWriter } from '../../backup/avro/write-file.ts'
import { RowEncoder } from '../../backup/encode-rows.ts'
import { BackupReader } from '../../backup/read-backup.ts'
import { tableSchemaOf } from '../../backup/table-schema.ts'
import { sqlTypeOf } from '../../core/config/column-types.ts'
import { configSchema, type TableConfig } from '../../core/config/schema.ts'
import { Engine } from '../../core/engine.ts'
import { ident, join as joinSql, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { tempFolder } from '../helpers/avro.ts'

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ path: ':memory:' })
})
afterAll(() => engine.close())

/** Values of each type as SQL writes them, extremes among them. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  integer: fc.oneof(fc.integer(), fc.constantFrom(-2147483648, 2147483647, 0, -1, 63, 64, -64, -65)).map(String),
  bigint: fc
    .oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.constantFrom(0n, -1n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n),
    )
    .map(String),
  double: fc
    .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 5e-324, 1.7976931348623157e308))
    .map((value) => (Object.is(value, -0) ? '-0.0' : String(value))),
  boolean: fc.boolean().map(String),
  string: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', '')),
    fc.constantFrom('', 'twelve bytes', 'thirteen here', '👩‍👩‍👧 Zoë 李', `"'\n\r,`),
  ),
  date: fc
    .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  timestamp: fc
    .tuple(
      fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
      fc.constantFrom('', '001', '999'),
    )
    .map(([date, micros]) => `${date.toISOString().slice(0, -1)}${micros}`),
  time: fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), fc.constantFrom('00', '59.999999', '07.5'))
    .map(([hour, minute, second]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:${second}`),
  uuid: fc.uuid(),
  json: fc.json({ maxDepth: 2 }).map((text) => text.replaceAll('\\u0000', '')),
  'decimal(4,2)': fc.integer({ min: -9999, max: 9999 }).map((value) => String(value / 100)),
  'decimal(9,0)': fc.integer({ min: -999999999, max: 999999999 }).map(String),
  'decimal(18,6)': fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n }).map(String),
  'decimal(38,10)': fc.bigInt({ min: -(10n ** 28n) + 1n, max: 10n ** 28n - 1n }).map(String),
}

const HOSTILE = [
  'plain',
  'we"ird',
  'drop table',
  '中文',
  '1st',
  'a-b',
  'a b',
  "it's",
  'constructor',
  '__proto__x'.slice(2),
  'ünï',
]

/** A table with a few columns of any types, and rows of it; null: no value. */
const tables = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...HOSTILE),
      type: fc.constantFrom(...Object.keys(VALUES)),
      required: fc.boolean(),
      isText: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6, selector: ({ name }) => name },
  )
  .chain((columns) => {
    const value = ({ type, required }: (typeof columns)[number]) =>
      (required ? VALUES[type] : fc.option(VALUES[type] as fc.Arbitrary<string>)) as fc.Arbitrary<string | null>
    const rows = fc.array(fc.tuple(...columns.map(value)), { maxLength: 30 })
    return fc.record({ columns: fc.constant(columns), rows })
  })

function contractOf(
  columns: readonly { name: string; type: string; required: boolean; isText: boolean }[],
): TableConfig {
  const isMoment = (type: string) => ['date', 'timestamp', 'time'].includes(type)
  const entries = columns.map(({ name, type, required, isText }) => [
    name,
    { type, required, ...(isText && isMoment(type) ? { avro: 'string' } : {}) },
  ])
  const table = { files: ['x.csv'], columns: Object.fromEntries(entries), primaryKey: [columns[0]?.name] }
  return configSchema.parse({ name: 'x', tables: { t: table } }).tables.t as TableConfig
}

async function fillTable(table: TableConfig, rows: readonly (readonly (string | null)[])[]): Promise<void> {
  const definitions = Object.entries(table.columns).map(
    ([name, column]) => sql`${ident(name)} ${raw(sqlTypeOf(column))}`,
  )
  await engine.run(sql`create or replace table original (${joinSql(definitions, ', ')})`)
  if (rows.length === 0) return
  const types = Object.values(table.columns).map(sqlTypeOf)
  const tuples = rows.map(
    (row) =>
      sql`(${joinSql(
        row.map((value, index) => sql`${literal(value)}::${raw(types[index] ?? '')}`),
        ', ',
      )})`,
  )
  await engine.run(sql`insert into original values ${joinSql(tuples, ', ')}`)
}

/** The table as an Avro file, as a backup writes it. */
async function writeFile(path: string, table: TableConfig): Promise<void> {
  const { fields, json } = tableSchemaOf('some table', table, new Set())
  const writer = await AvroFileWriter.create(path, CODEC_OF.null, new Map([['avro.schema', json]]))
  const encoder = new RowEncoder(fields)
  const columns = joinSql(
    fields.map((field) => sql`${field.select} as ${ident(field.column)}`),
    ', ',
  )
  for await (const chunk of engine.chunks(sql`select ${columns} from original`))
    for (const block of encoder.encode(chunk)) await writer.add(block.rows, block.bytes)
  const last = encoder.end()
  if (last !== null) await writer.add(last.rows, last.bytes)
  await writer.flush()
  await writer.close()
}

const exactLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one < other ? -1 : one > other ? 1 : 0),
})

/** Longs of all sizes: avsc itself takes those only that a number of JavaScript holds exactly. */
function longHook(schema: avro.Schema): avro.Type | undefined {
  const { type } = schema as { type?: string }
  return schema === 'long' || type === 'long' ? exactLong : undefined
}

/** What avsc makes of the records, written by avsc again: the same bytes, if both mean the same. */
async function writtenAgain(path: string): Promise<{ ours: Buffer; avscs: Buffer }> {
  const file = await AvroFileReader.open(path)
  const type = avro.Type.forSchema(JSON.parse(file.header.metadata.get('avro.schema')?.toString() ?? ''), {
    typeHook: longHook,
    wrapUnions: 'always',
  })
  const [ours, avscs]: [Buffer[], Buffer[]] = [[], []]
  try {
    for await (const block of file.blocks()) {
      const bytes = Buffer.from(block.bytes)
      ours.push(bytes)
      for (let at = 0; at < bytes.length; ) {
        const { value, offset } = type.decode(bytes, at)
        avscs.push(type.toBuffer(value))
        at = offset
      }
    }
  } finally {
    await file.close()
  }
  return { ours: Buffer.concat(ours), avscs: Buffer.concat(avscs) }
}

async function readBack(path: string, table: TableConfig): Promise<readonly { name: string; type: string }[]> {
  const reader = await BackupReader.open(path, table)
  try {
    await engine.run(sql`drop table if exists restored`)
    let batch = await reader.fill(engine, 'batch')
    await engine.run(sql`create table restored as select * from memory.main.batch`)
    for (batch = await reader.fill(engine, 'batch'); batch !== null; batch = await reader.fill(engine, 'batch'))
      await engine.run(sql`insert into restored select * from memory.main.batch`)
    return reader.columns
  } finally {
    await reader.close()
  }
}

/** Rows as text; moments that travelled as text are what they say. */
function textsOf(table: TableConfig, name: string): Sql {
  const columns = Object.entries(table.columns).map(
    ([column, config]) => sql`${ident(column)}::${raw(sqlTypeOf(config))}::varchar`,
  )
  return sql`select ${joinSql(columns, ', ')} from ${ident(name)}`
}

test('random contracts with every type: avsc writes the same bytes, and all values come back', async () => {
  const folder = await tempFolder()
  await fc.assert(
    fc.asyncProperty(tables, async ({ columns, rows }) => {
      const table = contractOf(columns)
      const path = join(folder, 'random.avro')
      await fillTable(table, rows)
      await writeFile(path, table)
      const { ours, avscs } = await writtenAgain(path)
      expect(ours.equals(avscs)).toBe(true)
      const read = await readBack(path, table)
      expect(read.map(({ name }) => name)).toEqual(Object.keys(table.columns))
      const [before, after] = [textsOf(table, 'original'), textsOf(table, 'restored')]
      expect(await engine.rows(sql`(${before} except all ${after}) union all (${after} except all ${before})`)).toEqual(
        [],
      )
    }),
    { numRuns: Number(process.env.DROPLAKE_PROPERTY_RUNS ?? 60) },
  )
})

test('columns of many rows, repeated texts, 1 MB texts and gaps come back in their order', async () => {
  const folder = await tempFolder()
  const path = join(folder, 'large.avro')
  const table = contractOf([
    { name: 'id', type: 'bigint', required: true, isText: false },
    { name: 'city', type: 'string', required: false, isText: false },
    { name: 'text', type: 'string', required: false, isText: false },
  ])
  await engine.run(sql`
    create or replace table original as
    select
      i as id,
      case i % 5 when 0 then null when 1 then 'Oslo' when 2 then 'a city with a long name' else 'city ' || i end as city,
      case when i % 1000 = 7 then repeat('é', 500000) || i when i % 3 = 0 then null else repeat('x', (i % 30)::integer) end as text
    from range(9000) as numbers(i)`)
  await writeFile(path, table)
  await readBack(path, table)
  expect(
    await engine.rows(
      sql`select count(*) as rows from original as o join restored as r using (id) where o.city is not distinct from r.city and o.text is not distinct from r.text and r._line = o.id + 1`,
    ),
  ).toEqual([{ rows: 9000 }])
  const { ours, avscs } = await writtenAgain(path)
  expect(ours.equals(avscs)).toBe(true)
  expect(readFileSync(path).length).toBeGreaterThan(9_000_000)
})
