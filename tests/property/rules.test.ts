import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canWarn, ruleIds } from '../../core/config/rule-ids.ts'
import { configSchema, type TableConfig } from '../../core/config/schema.ts'
import { Engine } from '../../core/engine.ts'
import { silentLogger } from '../../core/logger.ts'
import { ident, join, literal, type Sql, sql } from '../../core/sql.ts'
import { compileChecks } from '../../pipeline/dw/checks/index.ts'
import { withTypedValues } from '../../pipeline/dw/read-records.ts'
import { recordRules } from '../../pipeline/dw/rules/index.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { tryRules } from '../../pipeline/try-rules/index.ts'
import {
  judgeRecord,
  type PlainCheck,
  type PlainColumn,
  type PlainRecord,
  type Value,
} from '../helpers/judge-record.ts'
import { tempLake } from '../helpers/temp-lake.ts'

/** Long runs look at more contracts: `DROPLAKE_CONTRACTS=2000 npx vitest run tests/property/rules.test.ts`. */
const CONTRACTS = Number(process.env.DROPLAKE_CONTRACTS ?? 60)
const LAKES = Math.ceil(CONTRACTS / 20)
const STARTED = new Date('2026-11-21T12:00:00Z')

/** Texts by type: first those that are values of it, then others that are nearly so. */
const TEXTS: Record<string, { readonly good: readonly string[]; readonly other: readonly string[] }> = {
  integer: {
    good: ['0', '7', '-1', '42', '2147483647', '-2147483648'],
    other: ['2147483648', '01', '-0', '+1', '1.0', '1e2', '٣', '0x1F', '1_000', '--1'],
  },
  bigint: {
    good: ['0', '9007199254740993', '9007199254740992', '-9223372036854775808', '9223372036854775807'],
    other: ['9223372036854775808', '9007199254740993.0', '1 000'],
  },
  'decimal(6,2)': {
    good: ['0', '-0', '0.1', '0.10', '19.95', '-9999.99', '9999.99', '1.00'],
    other: ['10000', '1.005', '.5', '1.', '01.00', '1e1', '1,5', '99999.9'],
  },
  'decimal(38,10)': {
    good: ['1234567890123456789012345678.0123456789', '1234567890123456789012345678.0123456788', '0.0000000001', '-1'],
    other: ['12345678901234567890123456789', '0.00000000001'],
  },
  double: {
    good: ['0', '0.1', '-1.5e-7', '1e308', '0.30000000000000004', '2'],
    other: ['1e999', 'nan', 'inf', '.5', '1.', '1e', '0x1p3'],
  },
  boolean: { good: ['true', 'false'], other: ['TRUE', '1', 'yes', 't'] },
  date: {
    good: ['2024-02-29', '0001-01-01', '9999-12-31', '2021-01-01'],
    other: ['2023-02-29', '2024-2-29', '0000-01-01', '20240229', '10000-01-01', 'infinity'],
  },
  'date %d.%m.%Y': {
    good: ['29.02.2024', '01.01.2021', '31.12.1999'],
    other: ['29.02.2023', '1.1.2021', '2021-01-01', '31.04.2021'],
  },
  timestamp: {
    good: ['2021-01-01T00:00:00Z', '2024-02-29T23:59:59Z', '2030-06-01T12:00:00Z'],
    other: ['2021-01-01T24:00:00Z', '2021-01-01T00:00:60Z', '2021-01-01 00:00:00', '2021-01-01T00:00:00z'],
  },
  'timestamp %Y-%m-%d %H:%M': {
    good: ['2021-01-01 00:00', '2024-02-29 23:59'],
    other: ['2021-01-01 24:00', '2021-01-01 0:00', '2021-01-01'],
  },
  time: {
    good: ['00:00:00', '23:59:59', '12:30:00'],
    other: ['24:00:00', '12:30', '1:00:00', '12:60:00', '12:30:60', '12:30:00.5'],
  },
  'time %I:%M %p': {
    good: ['12:00 AM', '12:00 PM', '01:30 PM', '11:59 AM'],
    other: ['13:00 PM', '00:30 AM', '1:30 PM', '01:30', '01:30 pm'],
  },
  uuid: {
    good: [
      '550e8400-e29b-41d4-a716-446655440000',
      '00000000-0000-0000-0000-000000000000',
      'ABCDEF00-E29B-41D4-A716-446655440000',
    ],
    other: [
      '550e8400e29b41d4a716446655440000',
      '{550e8400-e29b-41d4-a716-446655440000}',
      '550e8400-e29b-41d4-a716-44665544000',
      '550e8400-e29b-41d4-a716-44665544000g',
    ],
  },
  json: {
    good: [
      '{"a": [1, 2.5e3, -0], "b": null}',
      ' [true, false] ',
      '"nan, ]"',
      '1e999',
      '"\\ud83d\\ude00"',
      '{"a":1,"a":2}',
      '"inf\\",]"',
      '""',
    ],
    other: [
      '{a:1}',
      '[1,]',
      '{"a":1,}',
      '[1 , ]',
      'NaN',
      '[nan]',
      'Infinity',
      '-inf',
      '"\\ud800"',
      '01',
      '[1',
      '"a',
      '/*x*/1',
      '1 2',
      "'a'",
      '"\t"',
      '"\\x"',
      'TRUE',
      '{"nan":NaN}',
    ],
  },
  string: {
    good: ['a', 'AB-12', "O'Hara", 'äöü', '🦆🦆', 'xyz', '; drop', 'bc'],
    other: ['ab\u200b', 'line\nbreak', '%', '--', '/*', '"'],
  },
}
const ORDERED = ['integer', 'bigint', 'decimal', 'double', 'date', 'timestamp', 'time']
const PATTERNS = ['[A-Z]{2}-[0-9]+', 'a|bc', '(?:x|y|z)+', "[^0-9']*", '[\\p{L}]+', '^AB-12$', '[^ ]+']
const NAMES = ['c0', 'select', 'we"ird', 'ünï', "o'c"]
const SPACES = [' ', '\t', '\u00a0', '\u2003', '\u3000', '\ufeff', '\r\n', '\u0085']

const typeKey = fc.constantFrom(...Object.keys(TEXTS))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

const column: fc.Arbitrary<PlainColumn & { readonly texts: string }> = typeKey.chain((texts) => {
  const [type = '', ...format] = texts.split(' ')
  const good = fc.constantFrom(...(TEXTS[texts]?.good ?? []))
  const isOrdered = ORDERED.includes(type.split('(')[0] ?? '')
  const only = <T>(isAllowed: boolean, value: fc.Arbitrary<T>) => (isAllowed ? maybe(value) : fc.constant(undefined))
  return fc.record({
    texts: fc.constant(texts),
    type: fc.constant(type),
    format: fc.constant(format.length > 0 ? format.join(' ') : undefined),
    required: fc.boolean(),
    trim: maybe(fc.boolean()),
    nullValues: maybe(fc.uniqueArray(fc.constantFrom('NA', '-', '0', 'xyz', 'true'), { minLength: 1, maxLength: 2 })),
    minLength: only(type === 'string', fc.integer({ min: 1, max: 3 })),
    maxLength: only(type === 'string', fc.integer({ min: 3, max: 5 })),
    pattern: only(type === 'string', fc.constantFrom(...PATTERNS)),
    min: only(isOrdered, good),
    max: only(isOrdered, good),
    oneOf: only(type !== 'boolean' && type !== 'json', fc.uniqueArray(good, { minLength: 1, maxLength: 8 })),
  }) as fc.Arbitrary<PlainColumn & { readonly texts: string }>
})

function textFor(texts: string): fc.Arbitrary<string | null> {
  const { good = [], other = [] } = TEXTS[texts] ?? {}
  const one = fc.oneof(
    { arbitrary: fc.constantFrom(...good), weight: 6 },
    { arbitrary: fc.constantFrom(...other), weight: 2 },
    { arbitrary: fc.constantFrom('NA', '-', 'xyz', '', ' ', '🦆'), weight: 2 },
  )
  const space = fc.constantFrom('', '', '', '', ...SPACES)
  return fc.oneof(
    { arbitrary: fc.constant(null), weight: 1 },
    { arbitrary: fc.tuple(space, one, space).map((parts) => parts.join('')), weight: 12 },
  )
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
/** SQL's NULL in a comparison. */
const compared = (
  left: Value,
  right: Value,
  holds: (left: NonNullable<Value>, right: NonNullable<Value>) => boolean,
) => (left === null || right === null ? null : holds(left, right))

/** Checks that a contract of these columns can have, each in SQL and in TypeScript. */
function checksOf(columns: Readonly<Record<string, PlainColumn>>): Omit<PlainCheck, 'name'>[] {
  const entries = Object.entries(columns)
  const single = entries.flatMap(([name, { type }]): Omit<PlainCheck, 'name'>[] => {
    const at = quoted(name)
    if (type === 'integer' || type === 'bigint')
      return [
        {
          expression: `${at} % 2 = 0 -- even`,
          holds: (row) => compared(row[name] ?? null, 0n, (value) => (value as bigint) % 2n === 0n),
        },
        { expression: `${at} * ${at} >= 0`, holds: (row) => squared(row[name], type) },
        {
          expression: `coalesce(${at}, 0) * coalesce(${at}, 1) >= 0`,
          holds: (row) => squared(row[name], type) ?? true,
        },
        {
          expression: `case when ${at} is null then false when ${at} * ${at} > 100 then true end`,
          holds: (row) => (squared(row[name], type) === null ? false : (row[name] as bigint) ** 2n > 100n || null),
        },
      ]
    if (type === 'string')
      return [
        {
          expression: `length(${at}) <= 3 /* ; */`,
          holds: (row) => compared(row[name] ?? null, '', (value) => [...(value as string)].length <= 3),
        },
        {
          expression: `${at} is not null and ${at} <> 'O''Hara'`,
          holds: (row) => row[name] !== null && row[name] !== "O'Hara",
        },
        {
          expression: `cast(case when ${at} = 'a' then 'x' else '5' end as integer) = 5`,
          holds: (row) => row[name] !== 'a' || fail(),
        },
      ]
    if (type === 'date' || type === 'timestamp')
      return [
        {
          expression: `${at} <= $run_started_at`,
          holds: (row) => compared(row[name] ?? null, '', (value) => (value as bigint) <= STARTED_MICROSECONDS),
        },
      ]
    return [{ expression: `${at} is null`, holds: (row) => row[name] === null }]
  })
  const pairs = entries.flatMap(([left, { type }]) =>
    entries
      .filter(([right, other]) => right !== left && other.type === type && ORDERED.includes(type.split('(')[0] ?? ''))
      .map(([right]) => ({
        expression: `${quoted(left)} <= ${quoted(right)}`,
        holds: (row: Readonly<Record<string, Value>>) =>
          compared(row[left] ?? null, row[right] ?? null, (one, other) => one <= other),
      })),
  )
  return [...single, ...pairs]
}

const STARTED_MICROSECONDS = BigInt(STARTED.getTime()) * 1000n + 62_135_596_800_000_000n

/** Whether a whole number's square is one of its type: always, or the engine fails. */
function squared(value: Value | undefined, type: string): true | null {
  if (value === null || value === undefined) return null
  return (value as bigint) ** 2n < 2n ** (type === 'integer' ? 31n : 63n) || fail()
}

function fail(): never {
  throw new Error('the engine fails')
}

/** A file that is refused shows little of its other rules: few of them do. */
const SEVERITIES = [...Array(20).fill('quarantine'), ...Array(20).fill('warn'), 'refuse'] as Sample['severities']

interface Sample {
  readonly columns: Record<string, PlainColumn>
  readonly checks: readonly PlainCheck[]
  readonly severities: readonly ('quarantine' | 'warn' | 'refuse')[]
  readonly records: readonly PlainRecord[]
}

const sample: fc.Arbitrary<Sample> = fc
  .array(column, { minLength: 1, maxLength: NAMES.length })
  .chain((list) => {
    const columns: Record<string, PlainColumn> = {}
    const texts: Record<string, fc.Arbitrary<string | null>> = {}
    for (const [index, { texts: pool, ...one }] of list.entries()) {
      const name = NAMES[index] ?? ''
      columns[name] = Object.fromEntries(
        Object.entries(one).filter(([, value]) => value !== undefined),
      ) as unknown as PlainColumn
      texts[name] = textFor(pool)
    }
    const possible = checksOf(columns)
    return fc.record({
      columns: fc.constant(columns),
      checks: fc
        .subarray(possible, { maxLength: Math.min(3, possible.length) })
        .map((checks) => checks.map((check, index) => ({ ...check, name: `no. ${index}; "it's"` }))),
      severities: fc.array(fc.constantFrom(...SEVERITIES), { minLength: 40, maxLength: 40 }),
      records: fc.array(fc.record(texts), { minLength: 30, maxLength: 60 }),
    })
  })
  .filter(({ columns }) => Object.values(columns).every(hasRoom))

/** Bounds the wrong way round are refused by the config check. */
function hasRoom(one: PlainColumn): boolean {
  if (one.min === undefined || one.max === undefined) return true
  const { min, ...rest } = one
  return !judgeRecord({ c: { ...rest, trim: false, nullValues: [] } }, [], { c: String(min) }).broken.includes('max:c')
}

function tableOf({ columns, checks }: Sample): TableConfig {
  const config = configSchema.parse({
    name: 'x',
    tables: {
      t: {
        files: ['t*'],
        columns: { k: { type: 'integer' }, ...columns },
        primaryKey: ['k'],
        checks: checks.map(({ name, expression }) => ({ name, expression, message: `no '${name}'` })),
      },
    },
  })
  return config.tables.t as TableConfig
}

test('SQL and plain TypeScript find the same broken rules', async () => {
  const engine = await Engine.open({ path: ':memory:', threads: 2 })
  try {
    await fc.assert(
      fc.asyncProperty(sample, async (one) => {
        const { k: key, ...columns } = tableOf(one).columns
        const table = { ...tableOf(one), columns }
        const rules = recordRules(table, await compileChecks(engine, table, STARTED))
        const verdicts = join(
          rules.map((rule) => sql`case when ${rule.broken} then ${literal(rule.id)} end`),
          ', ',
        )
        const rows = await engine.rows<{ broken: string[] }>(sql`
          select list_filter([${verdicts}], lambda id: id is not null) as broken
          from (${withTypedValues(table, recordsOf(one))})
          order by _line`)
        const expected = one.records.map((record) => judgeRecord(one.columns, one.checks, record).broken)
        expect(rows.map(({ broken }) => [...broken])).toEqual(expected)
      }),
      { numRuns: CONTRACTS },
    )
  } finally {
    await engine.close()
  }
})

function recordsOf({ columns, records }: Sample): Sql {
  const names = Object.keys(columns)
  const rows = records.map(
    (record, index) => sql`(${join([literal(index), ...names.map((name) => literal(record[name] ?? null))], ', ')})`,
  )
  return sql`
    select ${join(
      names.map((name) => sql`${ident(name)}::varchar as ${ident(name)}`),
      ', ',
    )}, null::varchar as _malformed, _line
    from (values ${join(rows, ', ')}) as records(_line, ${join(
      names.map((name) => ident(name)),
      ', ',
    )})`
}

/** A record's place in its file, its key, and what is expected of it. */
interface Expected {
  readonly line: number
  readonly rules: readonly string[]
}

test('a run loads, warns of and quarantines what plain TypeScript says', async () => {
  await fc.assert(
    fc.asyncProperty(sample, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), async (one, keys) => {
      const table = tableOf(one)
      const severity = severitiesOf(one, table)
      const columns = { k: { type: 'integer' }, ...one.columns }
      const records = one.records.map((record) => ({ k: String(keys.next().value), ...record }))
      const lake = await tempLake({
        config: {
          name: 'x',
          tables: {
            t: {
              files: ['t*'],
              columns,
              primaryKey: ['k'],
              severity: Object.fromEntries(Object.entries(severity).filter(([id]) => !id.startsWith('check:'))),
              checks: one.checks.map(({ name, expression }) => {
                return { name, expression, message: 'x', severity: severity[`check:${name}`] ?? 'quarantine' }
              }),
            },
          },
        },
        uploads: { 't.jsonl': records.map((record) => `${JSON.stringify(record)}\n`).join('') },
      })
      const summary = await lake.run()
      const { quarantined, warned } = expectedOf(one, columns, records, severity)
      const isRefused = quarantined.some(({ rules }) => rules.some((id) => severity[id] === 'refuse'))
      expect(summary.files[0]?.outcome).toBe(isRefused ? 'refused' : 'loaded')
      if (isRefused) return
      const found = await lake.query(`select _line, array_to_string(_rules, '\n') from quarantine.t order by _line`)
      expect(found).toEqual(quarantined.map(({ line, rules }) => [String(line), rules.join('\n')]))
      const warnings = await lake.query(
        `select rule, records, example_line from control.rule_results where severity = 'warn' order by rule`,
      )
      expect(warnings).toEqual(warned)
    }),
    { numRuns: LAKES, endOnFailure: true },
  )
})

function severitiesOf({ severities }: Sample, table: TableConfig): Record<string, 'quarantine' | 'warn' | 'refuse'> {
  return Object.fromEntries(
    ruleIds(table).map((id, index) => {
      const wanted = severities[index % severities.length] ?? 'quarantine'
      return [id, wanted === 'warn' && !canWarn(table, id) ? 'quarantine' : wanted]
    }),
  )
}

/** What would come of loading record after record: the first good one with a key has it. */
function expectedOf(
  { checks }: Sample,
  columns: Readonly<Record<string, PlainColumn>>,
  records: readonly PlainRecord[],
  severity: Readonly<Record<string, string>>,
): { quarantined: Expected[]; warned: string[][] } {
  const taken = new Set<Value>()
  const quarantined: Expected[] = []
  const warned = new Map<string, { records: number; line: number }>()
  for (const [index, record] of records.entries()) {
    const { broken, values } = judgeRecord(columns, checks, record)
    const held = broken.filter((id) => severity[id] !== 'warn')
    const key = values.k ?? null
    const rules = taken.has(key) ? [...held, 'unique:k'] : held
    if (rules.length > 0) {
      quarantined.push({ line: index + 1, rules })
      continue
    }
    taken.add(key)
    for (const id of broken) {
      const { records: before, line } = warned.get(id) ?? { records: 0, line: index + 1 }
      warned.set(id, { records: before + 1, line })
    }
  }
  const lines = [...warned].map(([id, { records: count, line }]) => [id, String(count), String(line)])
  return {
    quarantined,
    warned: lines.sort(([one = ''], [other = '']) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
  }
}

/** Keys of a column that a looser, or merely another, contract may lack. */
const LOOSENED = ['minLength', 'maxLength', 'pattern', 'min', 'max', 'oneOf', 'nullValues', 'trim'] as const

test('a retry under another contract releases exactly what rules try has promised', async () => {
  const keys = fc.infiniteStream(fc.integer({ min: 1, max: 40 }))
  const drops = fc.infiniteStream(fc.boolean())
  await fc.assert(
    fc.asyncProperty(sample, keys, drops, async (one, ids, isDropped) => {
      const table = (columns: Sample['columns'], checks: readonly PlainCheck[]) => ({
        files: ['t*'],
        columns: { k: { type: 'integer' }, ...columns },
        primaryKey: ['k'],
        checks: checks.map(({ name, expression }) => ({ name, expression, message: 'x' })),
      })
      const config = (t: object) => ({ name: 'x', tables: { t } })
      const loosened = Object.entries(one.columns).map(([name, column]) => {
        const kept = Object.entries(column).filter(
          ([key]) => !(LOOSENED as readonly string[]).includes(key) || isDropped.next().value === false,
        )
        return [name, Object.fromEntries(kept)] as const
      })
      const other = config(table(Object.fromEntries(loosened) as Sample['columns'], one.checks.slice(1)))
      const records = one.records.map((record) => ({ k: String(ids.next().value), ...record }))
      const lake = await tempLake({
        config: config(table(one.columns, one.checks)),
        uploads: { 't.jsonl': records.map((record) => `${JSON.stringify(record)}\n`).join('') },
      })
      await lake.run()
      await writeFile(lake.path('pipeline_config.json'), JSON.stringify(other))
      const options = { log: silentLogger(), clock: () => STARTED, onProgress: () => undefined }
      const [promised] = (await tryRules(lake.project, options, null)).tables
      const request = { command: 'quarantine retry', takesUploads: false, retry: { tableName: null, rule: null } }
      await runPipeline(lake.project, options, request)
      const released = await lake.query(`select _line from quarantine.t where _status = 'released' order by _line`)
      expect(promised?.released.records).toBe(released.length)
      expect(promised?.released.examples.map(({ line }) => String(line))).toEqual(released.flat().slice(0, 10))
    }),
    { numRuns: LAKES, endOnFailure: true },
  )
})
