import { expect, test } from 'vitest'
import { ruleIds } from '../../../core/config/rule-ids.ts'
import { configSchema, type TableConfig } from '../../../core/config/schema.ts'
import { sql } from '../../../core/sql.ts'
import { checkMarts } from '../../../pipeline/check-marts.ts'
import { allRecordRules, keyRules, recordRules } from '../../../pipeline/dw/rules/index.ts'
import { tempLake } from '../../helpers/temp-lake.ts'

const id = { type: 'integer' }
const configOf = (table: object) => ({ name: 'x', tables: { t: { files: ['t*'], primaryKey: ['id'], ...table } } })

/** The faults that `config check` finds. */
async function faultsOf(table: object): Promise<unknown> {
  const lake = await tempLake({ config: configOf(table) })
  try {
    await checkMarts(lake.project)
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 })
    return (error as { details: { faults: unknown } }).details.faults
  }
  return []
}

test.each([
  [
    'rules of a type that has none of them',
    { columns: { id: { ...id, minLength: 2, pattern: 'x' }, ok: { type: 'boolean', min: 1, oneOf: ['true'] } } },
    [
      'tables.t.columns.id.minLength: only a string has a length; the type is "integer".',
      'tables.t.columns.id.pattern: only a string has a pattern; the type is "integer".',
      'tables.t.columns.ok.min: only a number, date, timestamp or time has a least value; the type is "boolean".',
      'tables.t.columns.ok.oneOf: only a type of many values has a list of them; the type is "boolean".',
    ],
  ],
  [
    'lengths that no value has',
    { columns: { id, name: { type: 'string', minLength: 5, maxLength: 4 } } },
    ['tables.t.columns.name.minLength: 5 is more than maxLength, 4; no value has both.'],
  ],
  [
    'a number that JSON rounds',
    {
      columns: {
        id: { type: 'bigint', max: 2 ** 53 },
        share: { type: 'decimal(38,20)', min: 0.12345678901234568 },
      },
    },
    [
      'tables.t.columns.id.max: the number 9007199254740992 may have been rounded; write it as a string: "9007199254740992".',
      'tables.t.columns.share.min: the number 0.12345678901234568 may have been rounded; write it as a string: "0.12345678901234568".',
    ],
  ],
  [
    'bounds and lists that are not written as the values are',
    {
      columns: {
        id: { ...id, min: 'one', max: 1.5 },
        price: { type: 'decimal(6,2)', min: '0.001' },
        day: { type: 'date', format: '%d.%m.%Y', min: '2024-01-01' },
        kind: { type: 'uuid', oneOf: ['a'] },
      },
    },
    [
      'tables.t.columns.id.min: "one" is not an integer such as 42 (from -2147483648 to 2147483647).',
      'tables.t.columns.id.max: "1.5" is not an integer such as 42 (from -2147483648 to 2147483647).',
      'tables.t.columns.price.min: "0.001" is not a decimal such as 19.95 (at most 4 digits before the point and 2 after it).',
      'tables.t.columns.day.min: "2024-01-01" is not a date written as DD.MM.YYYY.',
      'tables.t.columns.kind.oneOf[0]: "a" is not a UUID such as 550e8400-e29b-41d4-a716-446655440000.',
    ],
  ],
  [
    'bounds the wrong way round',
    { columns: { id: { ...id, min: 10, max: 9 } } },
    ['tables.t.columns.id.min: 10 is greater than max, 9; no value is between them.'],
  ],
  [
    'a pattern that is none',
    { columns: { id, code: { type: 'string', pattern: "[A-Z'" }, name: { type: 'string', pattern: '(?=x)' } } },
    [
      'tables.t.columns.code.pattern: "[A-Z\'" is no regular expression of RE2: missing ]: [A-Z\'.',
      'tables.t.columns.name.pattern: "(?=x)" is no regular expression of RE2: invalid perl operator: (?=.',
    ],
  ],
  [
    'formats that are no time of day',
    { columns: { id, at: { type: 'time', format: '%Y-%m-%d' }, to: { type: 'time', format: '%I:%M' } } },
    [
      'tables.t.columns.at.format: "%Y-%m-%d" is no time of day; write it in the letters of strftime, such as %H:%M or %I:%M %p.',
      'tables.t.columns.to.format: "%I:%M" is no time of day; write it in the letters of strftime, such as %H:%M or %I:%M %p.',
    ],
  ],
  [
    'severities of rules that are not there, or that cannot only warn',
    {
      columns: { id, name: { type: 'string', maxLength: 5 } },
      severity: {
        'max_lenght:name': 'warn',
        'required:id': 'warn',
        'type:id': 'warn',
        malformed: 'warn',
        'unique:id': 'refuse',
      },
    },
    [
      'tables.t.severity: the table has no rule "max_lenght:name". Did you mean "max_length:name"?',
      'tables.t.severity: "required:id" cannot be "warn": such a record cannot be held as a row; say quarantine or refuse.',
      'tables.t.severity: "type:id" cannot be "warn": such a record cannot be held as a row; say quarantine or refuse.',
      'tables.t.severity: "malformed" cannot be "warn": such a record cannot be held as a row; say quarantine or refuse.',
    ],
  ],
  [
    'a late record that would refuse a file',
    { columns: { id }, onConflict: 'update', severity: { 'late:id': 'refuse' } },
    ['tables.t.severity: "late:id" cannot be "refuse": such a record comes back when its file is loaded already.'],
  ],
  [
    'checks that cannot be',
    {
      columns: { id, at: { type: 'date' } },
      checks: [
        { name: 'a', expression: 'idd > 0', message: 'm' },
        { name: 'a', expression: 'at > $run_started_at', message: 'm' },
        { name: 'b', expression: "(select 1) > (select current_setting('x'))", message: 'm' },
      ],
    },
    ['tables.t.checks[1].name: "a" stands twice.'],
  ],
  [
    'expressions that cannot be',
    {
      columns: { id, at: { type: 'date' } },
      checks: [
        { name: 'a', expression: 'idd > 0', message: 'm' },
        { name: 'b', expression: 'at > $run_started_at', message: 'm' },
        { name: 'c', expression: 'id > (select 1)', message: 'm' },
        { name: 'd', expression: 'id + 1', message: 'm' },
      ],
    },
    [
      'tables.t.checks[0].expression: "idd > 0": the table has no column "idd". Did you mean "id"?',
      'tables.t.checks[1].expression: "at > $run_started_at": syntax error at or near ">". A column whose name is a word of SQL is written in quotes: "at".',
      'tables.t.checks[2].expression: "id > (select 1)": a subquery is not allowed; a check reads its own row and nothing else.',
      'tables.t.checks[3].expression: "id + 1": it gives INTEGER; expected a condition, true or false.',
    ],
  ],
  [
    'a freshness of nothing',
    { columns: { id, day: { type: 'date' } }, freshness: { column: 'dai', maxAge: '36h' } },
    ['tables.t.freshness.column: there is no column "dai". Did you mean "day"?'],
  ],
  [
    'a freshness of a number, and an age of neither hours nor days',
    { columns: { id }, freshness: { column: 'id', maxAge: '3 weeks' } },
    ['tables.t.freshness.maxAge: expected a number of minutes, hours or days such as "90m", "36h" or "30d".'],
  ],
])('the config check tells %s', async (_, table, faults) => {
  expect(await faultsOf(table)).toEqual(faults)
})

test('a run refuses a contract that cannot be, before any work', async () => {
  const lake = await tempLake({
    config: configOf({ columns: { id }, checks: [{ name: 'a', expression: 'true; drop table t', message: 'm' }] }),
    uploads: { 't.csv': '1\n' },
  })
  await expect(lake.run()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  expect(await lake.list('workingArea', 'uploads')).toEqual(['t.csv'])
})

const HOSTILE = [
  "'",
  '"',
  "'; drop schema dw cascade; --",
  '/* x */',
  '--',
  '$$',
  '\\',
  "\\'",
  '%s?',
  '中文 🦆',
  '{}()[]',
  '"_rules"',
]

test.each(HOSTILE)('a rule named, worded, listed and matched as %s is a rule like any other', async (text) => {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const lake = await tempLake({
    config: configOf({
      columns: {
        id,
        [`c${text.replace(/[/\\]/g, '')}`]: {
          type: 'string',
          oneOf: [text],
          nullValues: [`${text}!`],
          pattern: escaped,
          maxLength: 40,
        },
      },
      checks: [{ name: text, expression: 'id <> 2', message: text, severity: 'quarantine' }],
    }),
    uploads: {
      't.jsonl': [1, 2, 3]
        .map((n) => `${JSON.stringify({ id: n, [`c${text.replace(/[/\\]/g, '')}`]: n === 3 ? `${text}?` : text })}\n`)
        .join(''),
    },
  })
  await lake.run()
  expect(await lake.query('select id from dw.t')).toEqual([['1']])
  const column = `c${text.replace(/[/\\]/g, '')}`
  expect(await lake.query(`select _line, array_to_string(_rules, '\n') from quarantine.t order by _line`)).toEqual([
    ['2', `check:${text}`],
    ['3', `pattern:${column}\none_of:${column}`],
  ])
  const [[reason]] = (await lake.query('select _reason from quarantine.t where _line = 2')) as [[string]]
  expect(reason).toBe(text)
})

test('records that break a rule which only warns are loaded, and counted over all files', async () => {
  const lake = await tempLake({
    config: {
      name: 'x',
      tables: {
        kinds: { files: ['kinds*'], columns: { id }, primaryKey: ['id'] },
        t: {
          files: ['t*'],
          columns: {
            id,
            kind: { type: 'integer', required: false },
            name: { type: 'string', maxLength: 3, trim: true },
          },
          primaryKey: ['id'],
          references: [{ columns: ['kind'], table: 'kinds' }],
          severity: { 'max_length:name': 'warn', 'required:name': 'warn', 'reference:kind': 'warn' },
        },
      },
    },
    uploads: {
      'kinds.csv': '1\n',
      't1.csv': '1,1,long\n2,1,abc\n',
      't2.csv': '3,9, longer \n4,,  \n2,1,much longer\nx,9,longer\n',
    },
  })
  const summary = await lake.run()
  expect(
    summary.rules.map(({ rule, severity, records, exampleFile, exampleLine }) => [
      rule,
      severity,
      records,
      `${exampleFile}:${exampleLine}`,
    ]),
  ).toEqual([
    ['max_length:name', 'warn', 2, 't1.csv:1'],
    ['reference:kind', 'warn', 1, 't2.csv:1'],
    ['required:name', 'warn', 1, 't2.csv:2'],
    ['type:id', 'quarantine', 1, 't2.csv:4'],
    ['unique:id', 'quarantine', 1, 't2.csv:3'],
  ])
  expect(await lake.query('select id, kind, name from dw.t order by id')).toEqual([
    ['1', '1', 'long'],
    ['2', '1', 'abc'],
    ['3', '9', 'longer'],
    ['4', 'null', 'null'],
  ])
  expect(
    await lake.query('select rule, severity, records from control.rule_results order by records desc, rule limit 1'),
  ).toEqual([['max_length:name', 'warn', '2']])
  expect(await lake.findings()).toEqual([])
})

test('freshness is judged in every run, also one without files, and stops none', async () => {
  const table = { columns: { id, day: { type: 'date', required: false } }, freshness: { column: 'day', maxAge: '36h' } }
  const lake = await tempLake({ config: configOf(table) })
  const at = (clock: string) => lake.run({ clock: () => new Date(clock) })
  expect((await at('2024-05-01T00:00:00Z')).freshness).toMatchObject([
    { newest: null, ageSeconds: null, isFresh: false },
  ])
  await lake.drop({ 't.csv': '1,2024-05-01\n2,\n' })
  expect((await at('2024-05-02T12:00:00Z')).freshness).toMatchObject([
    { newest: '2024-05-01', ageSeconds: 129_600, isFresh: true },
  ])
  expect((await at('2024-05-02T12:00:01Z')).freshness).toMatchObject([
    { ageSeconds: 129_601, maxAgeSeconds: 129_600, isFresh: false },
  ])
  expect(
    await lake.query('select run_id, table_name, column_name, newest, is_fresh from control.freshness order by 1'),
  ).toEqual([
    ['1', 't', 'day', 'null', 'false'],
    ['2', 't', 'day', '2024-05-01', 'true'],
    ['3', 't', 'day', '2024-05-01', 'false'],
  ])
})

test('a long list of values, and a check with one, keep the order of the records', async () => {
  const values = Array.from({ length: 200 }, (_, index) => `v${index}`)
  const list = values.map((value) => `'${value}'`).join(', ')
  const lake = await tempLake({
    config: configOf({
      columns: { id, name: { type: 'string', oneOf: values } },
      checks: [{ name: 'listed', expression: `name in (${list})`, message: 'm' }],
    }),
    uploads: { 't.csv': Array.from({ length: 300_000 }, (_, index) => `${index},v${index % 201}\n`).join('') },
  })
  await lake.run()
  const [[rows, misplaced]] = (await lake.query(`
    select count(*), count(*) filter (where id < before)
    from (select id, lag(id) over () as before from (select id from dw.t))`)) as [[string, string]]
  expect([rows, misplaced]).toEqual(['298508', '0'])
})

test('the ids that a contract is checked by are those that its rules have', () => {
  const columns = {
    id,
    a: { type: 'string', minLength: 1, maxLength: 2, pattern: 'x', oneOf: ['x'], required: false },
    b: { type: 'decimal(4,1)', min: 1, max: 2, oneOf: [1] },
  }
  const checks = [{ name: 'c', expression: 'id > 0', message: 'm' }]
  const table = configSchema.parse(
    configOf({ columns, checks, references: [{ columns: ['b', 'a'], table: 't' }], unique: [['a', 'b']] }),
  ).tables.t as TableConfig
  const compiled = checks.map(({ name, message }) => ({ name, message, broken: sql`true` }))
  const rules = [...allRecordRules(recordRules(table, compiled), table, { t: table }), ...keyRules('t', table)]
  expect(rules.map((rule) => rule.id)).toEqual(ruleIds(table))
})
