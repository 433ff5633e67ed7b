import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Engine } from '../../../core/engine.ts'
import { type Relations, readRelations } from '../../../pipeline/app/read-relations.ts'

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ path: ':memory:' })
})
afterAll(() => engine.close())

const relationsOf = async (text: string) => (await readRelations(engine, text)) as Relations

const read = async (text: string) => {
  const { qualified } = await relationsOf(text)
  return qualified.map(({ catalog, schema, name }) => [catalog, schema, name].filter(Boolean).join('|')).sort()
}

test.each([
  ['select 1', []],
  ['from dw.t', ['dw|t']],
  ['table dw.t', ['dw|t']],
  ['select * from DW.T as x join "dw"."T" using (id)', ['DW|T', 'dw|T']],
  [
    'select * from dw.t where id in (select id from app.m) order by (select max(id) from app.n)',
    ['app|m', 'app|n', 'dw|t'],
  ],
  ['select 1 union all from dw.t except from app.m', ['app|m', 'dw|t']],
  ['select (select count(*) from app.m where $year = 1), array(from dw.t select id)', ['app|m', 'dw|t']],
  ['from dw.t, lateral (from app.m where id = t.id)', ['app|m', 'dw|t']],
  ['from dw.t semi join app.m using (id) anti join app.n using (id)', ['app|m', 'app|n', 'dw|t']],
  [
    'select id from dw.t group by all having id > (from app.m) qualify 1 = (from app.n) limit (from app.o)',
    ['app|m', 'app|n', 'app|o', 'dw|t'],
  ],
  ['pivot dw.t on a in (1, 2) using sum(id)', ['dw|t']],
  ['from app.m unpivot (v for n in (a, b))', ['app|m']],
  ['with t as (from dw.t) from t', ['dw|t']],
  ['with t as (select 1 as id) from dw.t, t', ['dw|t']],
  ['with "dw" as (select 1) from dw', []],
  ['with recursive r as (select 1 as n union all select n + 1 from r, app.m where n < 9) from r', ['app|m']],
  ['with a as (with b as (from dw.t) from b), c as materialized (from app.m) from a, c', ['app|m', 'dw|t']],
  ["select 'from dw.t' as x -- from dw.u\n/* from dw.v */", []],
  ['select "dw.t".x from (select 1 as x) as "dw.t"', []],
  ['from dw."we""ird 表 select"', ['dw|we"ird 表 select']],
  ['from lake.dw.t', ['lake|dw|t']],
  ['from control.runs, information_schema.tables', ['control|runs', 'information_schema|tables']],
])('%s reads %j', async (text, expected) => {
  expect(await read(text)).toEqual(expected)
})

describe('rows that depend on more than tables', () => {
  test.each([
    'select now()',
    'select current_date',
    'select * from dw.t where hired > CURRENT_TIMESTAMP',
    'select random()',
    'from dw.t using sample 3',
    'from dw.t tablesample 3%',
    "from 'budget.csv'",
    "from read_csv('budget.csv')",
    "from glob('*')",
    "with b as (from dw.t) from 'b.csv'",
  ])('%s is fickle', async (text) => {
    expect((await relationsOf(text)).isFickle).toBe(true)
  })

  test.each([
    'select t.now, today, version, sample from dw.t',
    "select 'now()' -- now()",
    'from dw.t, range(3), unnest([1, 2]), generate_series(1, 3)',
    "select make_date(2021, 1, 1), date_trunc('month', hired) from dw.t",
    'with recursive R as (select 1 as n union all select n + 1 from r where n < 9) from r',
  ])('%s is not', async (text) => {
    expect((await relationsOf(text)).isFickle).toBe(false)
  })
})

test('names without a schema are told, but for files and CTEs', async () => {
  expect((await relationsOf("with c as (select 1) from c, T, 'b.csv', 's3://x', './y'")).bare).toEqual(['T'])
})

test('functions that hide what they read are told', async () => {
  expect((await relationsOf("from query_table('dw.t')")).hidden).toEqual(['query_table'])
  expect((await relationsOf("from query('from dw.t')")).hidden).toEqual(['query'])
  expect((await relationsOf("from duckdb_tables(), pragma_table_info('x')")).hidden).toEqual([
    'duckdb_tables',
    'pragma_table_info',
  ])
})

test('what is no SELECT is told', async () => {
  expect(await readRelations(engine, 'drop table dw.t')).toBe('found another statement; expected a SELECT')
  expect(await readRelations(engine, 'selec 1')).toBe('syntax error at or near "selec"')
})
