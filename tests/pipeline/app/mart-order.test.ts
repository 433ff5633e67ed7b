import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const table = (pattern: string) => ({
  files: [pattern],
  columns: { id: { type: 'integer' }, amount: { type: 'integer' } },
  primaryKey: ['id'],
})

/** Two tables, and marts by name: their SQL, or `[SQL, the rest of their entry]`. */
const lakeOf = (marts: Record<string, string>, uploads: Record<string, string> = {}, parameters = {}) =>
  tempLake({
    config: {
      name: 'x',
      parameters,
      tables: { orders: table('orders*'), refunds: table('refunds*') },
      marts: Object.fromEntries(Object.keys(marts).map((name, index) => [name, { sql: `m${index}.sql` }])),
    },
    sql: Object.fromEntries(Object.values(marts).map((text, index) => [`m${index}.sql`, text])),
    uploads,
  })

const UPLOADS = { 'orders.csv': '1,10\n2,20\n', 'refunds.csv': '1,5\n' }

const builtIn = async (lake: TempLake) =>
  Object.fromEntries((await lake.run()).marts.map((mart) => [mart.mart, mart.isNew]))

test('marts are built after those that they read, whatever their order in the config', async () => {
  const lake = await lakeOf(
    {
      net: 'select sold - refunded as net from app.sold, app.refunded',
      twice: 'select net * 2 as net from app.net',
      refunded: 'select sum(amount) as refunded from dw.refunds',
      sold: 'select sum(amount) as sold from dw.orders',
    },
    UPLOADS,
  )
  const summary = await lake.run()
  expect(summary.marts.map((mart) => mart.mart)).toEqual(['refunded', 'sold', 'net', 'twice'])
  expect(await lake.query('from app.twice')).toEqual([['50']])
  expect(await lake.query('select distinct input from control.mart_inputs order by all')).toEqual([
    ['app.net'],
    ['app.refunded'],
    ['app.sold'],
    ['dw.orders'],
    ['dw.refunds'],
  ])
  expect(await lake.query("select rows_in from control.steps where target = 'net'")).toEqual([['2']])
  expect(await lake.findings()).toEqual([])
})

test('only marts that read what has changed are computed again, and those that read them', async () => {
  const lake = await lakeOf(
    {
      sold: 'select sum(amount) as sold from dw.orders',
      refunded: 'select sum(amount) as refunded from dw.refunds',
      net: 'select sold - refunded as net from app.sold, app.refunded',
      fixed: 'select 1 as one',
      fickle: 'select current_date as today',
    },
    UPLOADS,
  )
  await lake.run()
  expect(await builtIn(lake)).toEqual({ sold: false, refunded: false, fixed: false, fickle: false, net: false })
  await lake.drop({ 'refunds2.csv': '2,1\n' })
  expect(await builtIn(lake)).toEqual({ sold: false, refunded: true, fixed: false, fickle: true, net: true })
  expect(await lake.query('from app.net')).toEqual([['24']])
  await lake.drop({ 'orders2.csv': '1,7\n' }) // the key is taken: no row is loaded
  expect(await builtIn(lake)).toEqual({ sold: false, refunded: false, fixed: false, fickle: false, net: false })
  writeFileSync(lake.path('m0.sql'), 'select sum(amount) + 1 as sold from dw.orders')
  expect(await builtIn(lake)).toEqual({ sold: true, refunded: false, fixed: false, fickle: false, net: true })
  expect(await lake.query('from app.net')).toEqual([['25']])
  expect(await lake.findings()).toEqual([])
})

test('a column that is added to another table makes no mart anew', async () => {
  const lake = await lakeOf({ sold: 'select sum(amount) as sold from dw.orders' }, UPLOADS)
  await lake.run()
  const config = JSON.parse(await lake.read('pipeline_config.json'))
  config.tables.refunds.columns.note = { type: 'string', required: false }
  writeFileSync(lake.path('pipeline_config.json'), JSON.stringify(config))
  expect(await builtIn(lake)).toEqual({ sold: false })
  config.tables.orders.columns.note = { type: 'string', required: false }
  writeFileSync(lake.path('pipeline_config.json'), JSON.stringify(config))
  expect(await builtIn(lake)).toEqual({ sold: true })
})

test.each([
  [{ a: 'from app.a' }, 'marts read each other in a circle: app.a → app.a'],
  [
    { x: 'from app.a', a: 'from app.b', b: 'with q as (from app.c) from q', c: 'select (select id from APP.A) as id' },
    'marts read each other in a circle: app.a → app.b → app.c → app.a',
  ],
  [
    { m: 'from dw.ordres' },
    'mart "m" (m0.sql): it reads dw.ordres, but there is no table "ordres". Did you mean "orders"?',
  ],
  [
    { sales: 'select 1 as x', m: 'from app.sale' },
    'mart "m" (m1.sql): it reads app.sale, but there is no mart "sale". Did you mean "sales"?',
  ],
  [{ m: 'from dw.x' }, 'mart "m" (m0.sql): it reads dw.x, but there is no table "x". Known are orders, refunds.'],
  [
    { m: 'from quarantine.orders' },
    'mart "m" (m0.sql): it reads quarantine.orders; expected tables as dw.<table> and marts as app.<mart>',
  ],
  [
    { m: 'from lake.dw.orders' },
    'mart "m" (m0.sql): it reads lake.dw.orders; expected tables as dw.<table> and marts as app.<mart>',
  ],
  [
    { m: "from query_table('dw.orders')" },
    'mart "m" (m0.sql): it uses query_table(), which does not tell what it reads; name the tables instead',
  ],
  [
    { m: 'pivot dw.orders on id using sum(amount)' },
    'mart "m" (m0.sql): found 2 statements; expected one SELECT (a PIVOT counts as several, unless it names its columns: ON … IN (…))',
  ],
])('marts %j stop a run before any work', async (marts, message) => {
  const lake = await lakeOf(marts, UPLOADS)
  await expect(lake.run()).rejects.toMatchObject({ code: 'MART_INVALID', exitCode: 2, message })
  expect(await lake.list('workingArea', 'uploads')).toEqual(['orders.csv', 'refunds.csv'])
  expect((await lake.list('lake')).filter((path) => path.endsWith('.parquet'))).toEqual([])
})

test('a mart that reads a column which another mart does not give stops a run before any work', async () => {
  const lake = await lakeOf({ b: 'select nett from app.a', a: 'select sum(amount) as net from dw.orders' }, UPLOADS)
  await expect(lake.run()).rejects.toMatchObject({
    code: 'MART_INVALID',
    message: expect.stringMatching(/^mart "b" \(m0\.sql\): .*"nett" not found/),
  })
})

test('any name and any SQL of DuckDB will do', async () => {
  const marts = {
    'we"ird': 'select sum(amount) as "a ""b""" from dw.orders where amount > $least',
    select: 'select "a ""b""" + $least as total from app."we""ird" -- from app.nowhere',
    表: 'with orders as (select 7 as amount) select amount from orders union all select total from app."SELECT"',
    'a b': 'pivot (from dw.orders select id, amount) on id in (1, 2) using sum(amount)',
    depth:
      'with recursive d as (select 1 as n union all select n + 1 from d where n < $least) select max(n) as n from d',
    wide: "select null as nothing, {'k': 1} as struct, [1, 2] as list, 'a'::enum('a', 'b') as letter, 170141183460469231731687303715884105727::hugeint // 10 as huge, 1 as twice, 2 as twice",
    reader: 'select nothing, struct.k, list[2], letter, huge, twice, twice_1 from app.wide',
    "drop table x; --'": 'from app."a b", app.表',
  }
  const lake = await lakeOf(marts, UPLOADS, { least: 3 })
  await lake.run()
  expect(await lake.query('select total from app."select"')).toEqual([['33']])
  expect(await lake.query('from app.表')).toEqual([['7'], ['33']])
  expect(await lake.query('from app.reader')).toEqual([
    ['null', '1', '2', 'a', '17014118346046923173168730371588410572', '1', '2'],
  ])
  expect(await lake.query('from app.depth')).toEqual([['3']])
  expect(await lake.query(`from app."drop table x; --'" order by all`)).toEqual([
    ['10', '20', '7'],
    ['10', '20', '33'],
  ])
  expect(await lake.run()).toMatchObject({ isNewVersion: false })
  expect(await lake.findings()).toEqual([])
})
