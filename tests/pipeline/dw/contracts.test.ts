import { mkdir, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { PARENTS, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const integer = { type: 'integer' }
const config = (tables: object, more: object = {}) => ({ name: 'x', tables, ...more })
const table = (columns: object, primaryKey: string[] = ['id']) => ({ files: ['*.csv'], columns, primaryKey })

async function reconfigure(lake: TempLake, next: unknown): Promise<void> {
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(next))
}

test.each([
  [
    'another type of a column',
    { t: table({ id: integer, amount: { type: 'decimal(10,0)' } }) },
    'tables.t.columns.amount: the rows are decimal(10,2), the config says decimal(10,0).',
  ],
  [
    'a key column that the rows do not have',
    { t: table({ number: integer, amount: { type: 'decimal(10,2)' } }, ['number']) },
    'tables.t.primaryKey: the rows have no column "number".',
  ],
  [
    'a key that is not unique in the rows',
    { t: table({ id: integer, amount: { type: 'decimal(10,2)' } }, ['amount']) },
    'tables.t.primaryKey: 2 rows have only 1 different keys (amount).',
  ],
  [
    'a name that differs in case alone',
    { T: table({ id: integer, amount: { type: 'decimal(10,2)' } }) },
    'tables.T: the lake has a table "t"; names that differ in case alone are the same.',
  ],
])('a config with %s is refused before any work', async (_, tables, fault) => {
  const lake = await tempLake({
    config: config({ t: table({ id: integer, amount: { type: 'decimal(10,2)' } }) }),
    uploads: { 'a.csv': '1,1.99\n2,1.99\n' },
  })
  await lake.run()
  await reconfigure(lake, config(tables))
  await lake.drop({ 'b.csv': '3,5\n' })
  await expect(lake.run()).rejects.toMatchObject({
    code: 'CONTRACT_CONFLICT',
    exitCode: 2,
    details: { faults: [fault] },
  })
  expect(await lake.list('workingArea', 'uploads')).toEqual(['b.csv'])
  expect(await lake.query('select amount from dw.t')).toEqual([['1.99'], ['1.99']])
})

test('a table that left the config is held against its rows when it comes back', async () => {
  const held = config({ t: table({ id: integer, amount: { type: 'decimal(10,2)' } }) })
  const lake = await tempLake({ config: held, uploads: { 'a.csv': '1,1.99\n2,1.99\n' } })
  await lake.run()
  await reconfigure(lake, config({}))
  await lake.run()
  await reconfigure(lake, config({ t: table({ id: integer, amount: { type: 'decimal(10,0)' } }) }))
  await expect(lake.run()).rejects.toMatchObject({ code: 'CONTRACT_CONFLICT' })
  await reconfigure(lake, config({ t: table({ id: integer, amount: { type: 'decimal(10,2)' } }, ['amount']) }))
  await expect(lake.run()).rejects.toMatchObject({ code: 'CONTRACT_CONFLICT' })
  await reconfigure(lake, held)
  await lake.run()
  expect(await lake.query('select amount from dw.t')).toEqual([['1.99'], ['1.99']])
})

test('a column may become a wider one, and marts over it are computed again', async () => {
  const mart = { marts: { m: { sql: 'm.sql' } } }
  const lake = await tempLake({
    config: config({ t: table({ id: integer }) }, mart),
    sql: { 'm.sql': 'select typeof(id) as type, count(*) as rows from dw.t group by all' },
    uploads: { 'a.csv': '1\n' },
  })
  await lake.run()
  await reconfigure(lake, config({ t: table({ id: { type: 'bigint' } }) }, mart))
  await lake.drop({ 'b.csv': '9223372036854775807\n1\n' })
  await lake.run()
  expect(await lake.query('from app.m')).toEqual([['BIGINT', '2']])
  expect(await lake.query('select _reason from quarantine.t')).toEqual([['id "1" is in t already (a.csv:1)']])
})

const OWN_NAMES = [
  'first',
  'first_position',
  'verdict',
  'rowid',
  'records',
  'files',
  'holder',
  'position',
  'line',
  'rule',
  'reason',
  'file_id',
  'select',
  'temp',
  'dw',
  'filename',
]

test.each(OWN_NAMES)('a key column named "%s" is judged like any other', async (name) => {
  const lake = await tempLake({
    config: config({ t: table({ n: integer, [name]: integer }, [name]) }),
    uploads: { 'a.csv': '1,7\n2,7\n3,x\n4,8\n' },
  })
  await lake.run()
  expect((await lake.query('select n from dw.t order by n')).flat()).toEqual(['1', '4'])
  expect((await lake.query('select _rules from quarantine.t order by _line')).flat()).toEqual([
    `['unique:${name}']`,
    `['type:${name}']`,
  ])
})

test('a folder named like a column and a value, anywhere in the path, does not become the value', async () => {
  const lake = await tempLake()
  await mkdir(lake.path('job_name=oops'))
  const inner = JSON.parse(await lake.read('pipeline_config.json')) as { paths: Record<string, string> }
  inner.paths.lake = 'job_name=oops/lake'
  await reconfigure(lake, inner)
  await lake.drop(PARENTS)
  await lake.run()
  expect(await lake.query('select job_name from dw.jobs order by job_id')).toEqual([['Recruiter'], ['Analyst']])
  expect(await lake.query('select job_name from ods.jobs order by _line')).toEqual([['Recruiter'], ['Analyst']])
})

test('sums beyond 2^53 keep every digit in a mart', async () => {
  const lake = await tempLake({
    config: config({ t: table({ id: { type: 'bigint' } }) }, { marts: { m: { sql: 'm.sql' } } }),
    sql: { 'm.sql': 'select sum(id) as total from dw.t' },
    uploads: { 'a.csv': '9007199254740993\n0\n' },
  })
  await lake.run()
  expect(await lake.query('from app.m')).toEqual([['9007199254740993']])
  expect(await lake.read('reports', 'm.csv')).toBe('total\n9007199254740993\n')
})

test('a table of 2,000 columns is loaded', async () => {
  const columns = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`c${index}`, integer]))
  const lake = await tempLake({
    config: config({ t: table(columns, ['c0']) }),
    uploads: { 'a.csv': `${Array(2000).fill(5).join(',')}\n${Array(2000).fill('').join(',')}\n` },
  })
  await lake.run()
  expect(await lake.query('select c0, c1999 from dw.t')).toEqual([['5', '5']])
  expect(await lake.query('select len(_rules) from quarantine.t')).toEqual([['2000']])
})

test('a lake whose history is gone is not begun anew', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  await rm(lake.path('lake', 'history'), { recursive: true })
  await lake.drop({ 'jobs2.csv': '3,Clerk\n' })
  await expect(lake.run()).rejects.toMatchObject({
    code: 'LAKE_DAMAGED',
    message: `"${lake.path('lake', 'history')}" has no catalog, but there is a lake: "${lake.path('lake', 'lake.duckdb')}"`,
  })
  expect(await lake.list('workingArea', 'uploads')).toEqual(['jobs2.csv'])
})
