import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withCatalog } from '../../../control/read-catalog.ts'
import { raw, sql } from '../../../core/sql.ts'
import { readMarts } from '../../../pipeline/app/index.ts'
import { trace } from '../../../pipeline/trace/index.ts'
import { tracedSql } from '../../../pipeline/trace/trace-mart.ts'
import { PARENTS, REPOSITORY, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const HIRES = join(REPOSITORY, '..', 'shared', 'data', 'hires')
const realUploads = () =>
  Object.fromEntries(
    ['departments.csv', 'jobs.csv', 'employees.csv'].map((name) => [name, readFileSync(join(HIRES, name))]),
  )

const EMPLOYEES = `1,Ada,2021-02-01T10:00:00Z,1,1
2,"Lovelace, Ada",2021-05-01T10:00:00Z,1,1
3,Bob,2021-05-02T10:00:00Z,1,2
4,,2021-05-02T10:00:00Z,1,2
5,Eve,2021-05-02T10:00:00Z,2,1
6,"only five
`
const small = () => tempLake({ uploads: { ...PARENTS, 'employees.csv': EMPLOYEES } })

interface Words {
  readonly key?: readonly string[]
  readonly where?: string
  readonly column?: string
  readonly limit?: number
}

async function traced(lake: TempLake, target: string, { key = [], where, column, limit = 100 }: Words) {
  return trace(lake.project, { target, key, where: where ?? null, column: column ?? null, limit })
}

const placesOf = ({ rows }: Awaited<ReturnType<typeof traced>>) =>
  rows.map(({ table, file, line }) => `${table} ${file}:${line}`)

describe('a row of a table', () => {
  test('is traced by its key to run, file, line and text', async () => {
    const lake = await small()
    await lake.run()
    expect(await traced(lake, 'employees', { key: ['2'] })).toEqual({
      target: 'dw.employees',
      asked: 1,
      sources: [{ table: 'dw.employees', rows: 1 }],
      rows: [
        {
          table: 'dw.employees',
          row: {
            employee_id: 2,
            employee_name: 'Lovelace, Ada',
            hiring_date: '2021-05-01 10:00:00',
            department_id: 1,
            job_id: 1,
          },
          runId: 1,
          file: 'employees.csv',
          line: 2,
          raw: '2,"Lovelace, Ada",2021-05-01T10:00:00Z,1,1',
        },
      ],
    })
  })

  test('that was refused is found in quarantine by the same key, with its reasons', async () => {
    const lake = await small()
    await lake.run()
    const report = await traced(lake, 'employees', { key: ['4'] })
    expect(report).toMatchObject({
      target: 'dw.employees',
      asked: 0,
      sources: [{ table: 'quarantine.employees', rows: 1 }],
    })
    expect(report.rows).toMatchObject([
      { line: 4, raw: '4,,2021-05-02T10:00:00Z,1,2', reason: 'employee_name is missing' },
    ])
  })

  test('is found by a condition in any layer; a malformed record shows its text', async () => {
    const lake = await small()
    await lake.run()
    expect(placesOf(await traced(lake, 'DW.Employees', { where: "employee_name like '%a%'" }))).toEqual([
      'dw.employees employees.csv:1',
      'dw.employees employees.csv:2',
    ])
    expect(placesOf(await traced(lake, 'ods.employees', { where: 'job_id = 2' }))).toEqual([
      'ods.employees employees.csv:3',
      'ods.employees employees.csv:4',
    ])
    const malformed = await traced(lake, 'quarantine.employees', { where: "list_contains(_rules, 'malformed')" })
    expect(malformed.rows).toMatchObject([{ line: 6, raw: '6,"only five', row: { employee_id: null } }])
  })

  test('with a key of two columns takes both values, in the order of the key', async () => {
    const columns = { day: { type: 'date' }, shop: { type: 'string' }, sum: { type: 'decimal(10,2)' } }
    const config = { name: 'x', tables: { sales: { files: ['sales*'], columns, primaryKey: ['shop', 'day'] } } }
    const uploads = {
      'sales.csv': 'sum;day;shop\n1.50;2026-01-01;A\n2.50;2026-01-02;A\n',
      'sales.jsonl': '{"shop":"B","day":"2026-01-01","sum":3}\n',
    }
    const lake = await tempLake({ config, uploads })
    await lake.run()
    const report = await traced(lake, 'sales', { key: ['A', '2026-01-02'] })
    expect(report.rows).toMatchObject([{ line: 3, raw: '2.50;2026-01-02;A', row: { sum: '2.50' } }])
    const fromJson = await traced(lake, 'sales', { key: ['B', '2026-01-01'] })
    expect(fromJson.rows.map((row) => row.raw)).toEqual(['{"day": "2026-01-01", "shop": "B", "sum": "3"}'])
    await expect(traced(lake, 'sales', { key: ['A'] })).rejects.toThrow(
      'the key of "sales" has 2 values (shop, day); found 1',
    )
    await expect(traced(lake, 'sales', { key: ['A', 'today'] })).rejects.toThrow(
      '"today" is no value of day, which is date',
    )
  })

  test('is traced to the upload it came with, also when the same content came again under another name', async () => {
    const lake = await small()
    await lake.run()
    await lake.drop({ 'employees_again.csv': EMPLOYEES })
    await lake.run()
    expect(await traced(lake, 'employees', { key: ['1'] })).toMatchObject({
      rows: [{ file: 'employees.csv', runId: 1 }],
    })
  })

  test('that came back from quarantine keeps the address of its first file, beside that of its correction', async () => {
    const lake = await small()
    await lake.run()
    const [inbox] = await lake.list('quarantine', 'employees')
    const csv = await lake.read('quarantine', 'employees', inbox ?? '')
    await lake.drop({ 'fixed.csv': csv.replace(',4,,', ',4,Joe,') })
    await lake.run()
    const { rows, asked } = await traced(lake, 'employees', { key: ['4'] })
    expect(asked).toBe(1)
    expect(rows[0]).toMatchObject({ runId: 2, file: 'employees.csv', line: 4, raw: '4,,2021-05-02T10:00:00Z,1,2' })
    expect(rows[0]?.correction).toEqual({
      runId: 2,
      file: 'fixed.csv',
      line: 2,
      raw: '4,Joe,2021-05-02T10:00:00Z,1,2',
    })
    expect((await traced(lake, 'employees', { key: ['1'] })).rows[0]).not.toHaveProperty('correction')
    const where = "department = 'Sales' and job = 'Analyst'"
    const { rows: behind } = await traced(lake, 'hires_by_quarter', { where })
    expect(behind.map(({ line, correction }) => [line, correction?.file])).toContainEqual([4, 'fixed.csv'])
  })

  test('that waited for what it refers to says since when', async () => {
    const sales = { id: { type: 'integer' }, shop: { type: 'string' } }
    const references = [{ columns: ['shop'], table: 'shops', onMissing: 'hold' }]
    const tables = {
      shops: { files: ['shops*'], columns: { shop: { type: 'string' } }, primaryKey: ['shop'] },
      sales: { files: ['sales*'], columns: sales, primaryKey: ['id'], references },
    }
    const lake = await tempLake({
      config: { name: 'x', tables },
      uploads: { 'sales.csv': '1,A\n2,B\n', 'shops.csv': 'A\n' },
    })
    await lake.run()
    await lake.drop({ 'shops2.csv': 'B\n' })
    await lake.run()
    const { rows } = await traced(lake, 'sales', { where: 'true' })
    expect(rows.map(({ line, runId, waitedSince }) => [line, runId, waitedSince !== undefined])).toEqual([
      [1, 1, false],
      [2, 2, true],
    ])
  })

  test('no more rows than the limit are given, and how many there are is said', async () => {
    const lake = await small()
    await lake.run()
    const report = await traced(lake, 'ods.employees', { where: 'true', limit: 2 })
    expect([report.rows.length, report.sources]).toEqual([2, [{ table: 'ods.employees', rows: 6 }]])
  })
})

describe('a condition', () => {
  test('that is more than one is refused, and one over a column that is not there is told', async () => {
    const lake = await small()
    await lake.run()
    for (const target of ['employees', 'ods.employees', 'hires_by_quarter']) {
      const hostile = traced(lake, target, { where: 'true) as x; drop table dw.jobs --' })
      await expect(hostile).rejects.toMatchObject({ code: 'QUERY_REFUSED' })
      await expect(traced(lake, target, { where: 'nam = 1' })).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    }
    expect((await traced(lake, 'employees', { where: "true -- ' ;" })).asked).toBe(4)
  })
})

describe('a cell of a mart', () => {
  test('leads to the rows of every table it was made of; --column to those of one number', async () => {
    const lake = await small()
    await lake.run()
    const where = "department = 'Sales' and job = 'Recruiter'"
    expect(placesOf(await traced(lake, 'app.hires_by_quarter', { where }))).toEqual([
      'dw.employees employees.csv:1',
      'dw.employees employees.csv:2',
      'dw.departments departments.csv:1',
      'dw.jobs jobs.csv:1',
    ])
    expect(placesOf(await traced(lake, 'hires_by_quarter', { where, column: 'q2' }))).toEqual([
      'dw.departments departments.csv:1',
      'dw.employees employees.csv:2',
      'dw.jobs jobs.csv:1',
    ])
    expect((await traced(lake, 'hires_by_quarter', { where, column: 'q3' })).rows).toEqual([])
    await expect(traced(lake, 'hires_by_quarter', { where, column: 'q5' })).rejects.toThrow(
      'app.hires_by_quarter has no column "q5". Did you mean "q1"?',
    )
  })

  test.skipIf(!existsSync(HIRES))(
    'of the real hires marts is made of as many employees as its number says',
    async () => {
      const lake = await tempLake({ uploads: realUploads() })
      await lake.run()
      await withCatalog(lake.project, async (engine) => {
        const marts = await readMarts(engine, lake.project)
        const differing = async (name: string, column: string | null, number: string) => {
          const query = marts.find(({ martName }) => martName === name)
          if (query === undefined) throw new Error(`the project has no mart ${name}`)
          const { text, parameters, sources } = await tracedSql(engine, lake.project, { marts, query, column })
          const employee = sources.find(({ tableName }) => tableName === 'employees')
          const keys = query.martName === 'hires_by_quarter' ? 'department, job' : 'id, department'
          await engine.runNamed(
            `create or replace temp table counted as
           select ${keys}, count(distinct (${employee?.fileId}, ${employee?.line})) filter (where ${employee?.line} is not null) as behind
           from (${text}) group by ${keys}`,
            parameters,
          )
          const { rows, wrong } = await engine.row<{ rows: number; wrong: number }>(sql`
          select count(*) as rows, count(*) filter (where coalesce(behind, 0) <> ${raw(number)}) as wrong
          from ${raw(`app.${query.martName}`)} left join counted using (${raw(keys)})`)
          return [rows, wrong]
        }
        expect(await differing('hires_by_quarter', null, 'q1 + q2 + q3 + q4')).toEqual([933, 0])
        for (const quarter of ['q1', 'q2', 'q3', 'q4'])
          expect(await differing('hires_by_quarter', quarter, quarter)).toEqual([933, 0])
        expect(await differing('departments_above_average', null, 'hired')).toEqual([7, 0])
        expect(await differing('departments_above_average', 'hired', 'hired')).toEqual([7, 0])
      })
      const [[sum]] = (await lake.query('select sum(q1) from app.hires_by_quarter')) as [[string]]
      const all = await traced(lake, 'hires_by_quarter', { column: 'q1', limit: 1 })
      expect(all.sources.find(({ table }) => table === 'dw.employees')?.rows).toBe(Number(sum))
    },
  )
})

const COLUMNS = { id: { type: 'integer' }, shop: { type: 'string' }, day: { type: 'date' }, sum: { type: 'double' } }
const SALES = '1,A,2026-01-01,1.5\n2,A,2026-01-02,0\n3,B,2026-01-01,2\n4,B,2026-02-01,4\n5,C,2026-02-01,8\n'

/** Name, SQL, a condition of its rows, and the lines of the file behind them. */
const FOLLOWED: readonly (readonly [string, string, string, readonly number[]])[] = [
  ['group by all', 'select shop, sum(sum) as s from dw.sales group by all', "shop = 'B'", [3, 4]],
  ['group by a position', 'select month(day) as m, count(*) as n from dw.sales group by 1', 'm = 2', [4, 5]],
  ['group by an alias', 'select month(day) as m, count(*) as n from dw.sales group by m', 'n = 2', [4, 5]],
  ['a key that is not shown', 'select count(*) as n from dw.sales group by shop', 'n = 1', [5]],
  ['no key at all', 'select count(*) as n from dw.sales where sum > $least', 'true', [1, 3, 4, 5]],
  ['no group', 'select id, shop from dw.sales', 'id = 4', [4]],
  ['everything', 'from dw.sales', 'id > 3', [4, 5]],
  ['having', 'select shop, count(*) as n from dw.sales group by shop having count(*) > 1', 'true', [1, 2, 3, 4]],
  ['distinct', 'select distinct shop from dw.sales', "shop = 'A'", [1, 2]],
  ['a limit', 'select shop, sum(sum) as s from dw.sales group by shop order by s desc, shop limit 1', 'true', [5]],
  [
    'a subquery',
    'select shop, n + 1 as n from (select shop, count(*) as n from dw.sales group by shop) where n > 1',
    "shop = 'B'",
    [3, 4],
  ],
  [
    'a subquery and a star',
    'select * from (select shop, count(*) as n from dw.sales group by shop) as s',
    "shop = 'B'",
    [3, 4],
  ],
  [
    'groups of groups',
    'with s as (select shop, month(day) as m, sum(sum) as s from dw.sales group by all), t as (select shop, max(s) as most from s group by shop) select * from t',
    "shop = 'B'",
    [3, 4],
  ],
  [
    'a with query that renames',
    'with s(a, b) as (select shop, count(*) from dw.sales group by shop) select a as x, b from s',
    "x = 'C'",
    [5],
  ],
  [
    'a union with a total',
    "select shop, count(*) as n from dw.sales group by shop union all select 'all', count(*) from dw.sales where sum > 0",
    "shop in ('B', 'all')",
    [1, 3, 4, 5],
  ],
  [
    'unions of unions',
    '(select id, shop from dw.sales where id = 1 union select id, shop from dw.sales where id < 3) union all select -1, max(shop) from dw.sales where id > 3',
    'id <> 2',
    [1, 4, 5],
  ],
  [
    'a semi join',
    'select shop, count(*) as n from dw.sales semi join (select 1 as m) on month(day) = m group by shop',
    "shop = 'B'",
    [3],
  ],
  [
    'an in (…)',
    'select shop, count(*) as n from dw.sales where id in (select max(id) from dw.sales group by shop) group by shop',
    'true',
    [2, 4, 5],
  ],
  [
    'a calendar',
    'select d.m, count(sales.id) as n from range(1, 4) as d(m) left join dw.sales on month(day) = d.m group by d.m',
    'm <= 2',
    [1, 2, 3, 4, 5],
  ],
  [
    'the table twice',
    'select a.id, count(*) as n from dw.sales as a join dw.sales as b on a.shop = b.shop group by a.id',
    'id = 1',
    [1, 2],
  ],
  [
    'names in quotes',
    'select shop as "the ""shop""", count(*) as "n" from dw.sales group by shop',
    `"the ""shop""" = 'B'`,
    [3, 4],
  ],
  [
    'large numbers',
    'select shop, 9007199254740993 as big, count(*) as n from dw.sales group by shop',
    'big = 9007199254740993 and n = 1',
    [5],
  ],
]

/** Name, what of it cannot be followed, SQL. */
const NOT_FOLLOWED: readonly (readonly [string, string, string])[] = [
  ['except', 'an EXCEPT or INTERSECT', 'select id from dw.sales except select 1'],
  [
    'limit',
    'a LIMIT in a subquery',
    'select shop, count(*) as n from (from dw.sales order by sum limit 3) group by shop',
  ],
  ['window', 'a window function', 'select id, sum(sum) over (order by id) as s from dw.sales'],
  ['rollup', 'several grouping sets', 'select shop, count(*) as n from dw.sales group by rollup (shop)'],
  ['distinct on', 'a DISTINCT ON', 'select distinct on (shop) shop, id from dw.sales order by shop, id'],
  [
    'recursive',
    'a recursive query',
    'with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select n, id from r, dw.sales where n = id',
  ],
]

/** A lake of sales and these marts, their SQL by name; a second SQL, where there is one, is that of its trace. */
async function martLake(marts: Readonly<Record<string, string | readonly [string, string]>>): Promise<TempLake> {
  const files: Record<string, string> = {}
  const entries = Object.entries(marts).map(([name, texts], index) => {
    const [martSql, traceSql] = typeof texts === 'string' ? [texts] : texts
    files[`${index}.sql`] = martSql
    if (traceSql !== undefined) files[`${index}-trace.sql`] = traceSql
    return [name, { sql: `${index}.sql`, ...(traceSql === undefined ? {} : { trace: `${index}-trace.sql` }) }] as const
  })
  const tables = { sales: { files: ['sales*'], columns: COLUMNS, primaryKey: ['id'] } }
  const config = { name: 'x', parameters: { least: 1 }, tables, marts: Object.fromEntries(entries) }
  const lake = await tempLake({ config, sql: files, uploads: { 'sales.csv': SALES } })
  await lake.run()
  return lake
}

const linesOf = async (lake: TempLake, mart: string, where: string, column?: string) =>
  (await traced(lake, mart, { where, ...(column === undefined ? {} : { column }) })).rows.map((row) => row.line)

describe("a mart of one's own", () => {
  test('is followed through groups, subqueries and joins to the lines behind a row', async () => {
    const lake = await martLake(Object.fromEntries(FOLLOWED.map(([name, martSql]) => [name, martSql])))
    const found: Record<string, readonly number[]> = {}
    for (const [name, , where] of FOLLOWED) found[name] = await linesOf(lake, name, where)
    expect(found).toEqual(Object.fromEntries(FOLLOWED.map(([name, , , lines]) => [name, lines])))
  })

  test('that reads another mart leads to the rows behind that one', async () => {
    const lake = await martLake({
      shops: 'select shop, sum(sum) as s, count(*) as n from dw.sales where id > $least group by shop',
      large: 'select upper(shop) as name, s from app.shops where s >= 2',
    })
    expect(await linesOf(lake, 'large', "name = 'B'")).toEqual([3, 4])
    expect(await linesOf(lake, 'large', 'true')).toEqual([3, 4, 5])
    expect(await linesOf(lake, 'large', 'true', 's')).toEqual([3, 4, 5])
  })

  test('shows for a column only the rows that its aggregates took in', async () => {
    const lake = await martLake({
      m: `select shop, sum(sum) as s, count(*) filter (where month(day) = 1) as january,
        sum(case when month(day) = 2 then 1 else 0 end) as february, max(day) as last from dw.sales group by shop`,
    })
    expect(await linesOf(lake, 'm', "shop in ('A', 'B')", 's')).toEqual([1, 3, 4])
    expect(await linesOf(lake, 'm', "shop in ('A', 'B')", 'january')).toEqual([1, 2, 3])
    expect(await linesOf(lake, 'm', "shop in ('A', 'B')", 'february')).toEqual([4])
    expect(await linesOf(lake, 'm', "shop = 'B'", 'last')).toEqual([3, 4])
    expect(await linesOf(lake, 'm', "shop = 'B'", 'shop')).toEqual([3, 4])
  })

  test('that cannot be followed says why, and what to do', async () => {
    const lake = await martLake(Object.fromEntries(NOT_FOLLOWED.map(([name, , martSql]) => [name, martSql])))
    for (const [name, what] of NOT_FOLLOWED) {
      await expect(linesOf(lake, name, 'true')).rejects.toMatchObject({
        code: 'MART_NOT_TRACEABLE',
        message: `the rows behind app.${name} cannot be told: its SQL has ${what}`,
        hint: expect.stringContaining(`marts.${name}.trace`),
      })
    }
  })

  test('is traced by the file that the config names', async () => {
    const martSql = 'select id, sum(sum) over (order by id) as s from dw.sales where id > $least'
    const traceSql = `select later.id, 'sales' as _table, earlier._file_id, earlier._line from dw.sales as later
      join dw.sales as earlier on earlier.id <= later.id where earlier.id > $least`
    const lake = await martLake({
      m: [martSql, traceSql],
      lacking: [martSql, 'select id, _line from dw.sales'],
      wrong: [martSql, "select id, 'sale' as _table, _file_id, _line from dw.sales"],
    })
    await expect(linesOf(lake, 'wrong', 'id = 4')).rejects.toThrow('"sale" in _table is no table of dw')
    expect(await linesOf(lake, 'm', 'id = 4')).toEqual([2, 3, 4])
    await expect(linesOf(lake, 'm', 'id = 4', 's')).rejects.toMatchObject({ code: 'MART_NOT_TRACEABLE' })
    await expect(linesOf(lake, 'lacking', 'id = 4')).rejects.toThrow('it lacks _table, _file_id')
  })

  test('whose SQL was changed since it was computed is not traced by the new one', async () => {
    const lake = await martLake({ m: 'select shop, count(*) as n from dw.sales group by shop' })
    await writeFile(lake.path('0.sql'), 'select shop, count(*) as n from dw.sales where id > 1 group by shop')
    await expect(linesOf(lake, 'm', 'true')).rejects.toMatchObject({
      code: 'MART_NOT_TRACEABLE',
      hint: 'Compute it anew first: droplake run',
    })
  })
})

test('a name that is no table and no mart is answered with the nearest', async () => {
  const lake = await small()
  await lake.run()
  await expect(traced(lake, 'dw.employes', { where: 'true' })).rejects.toThrow(
    'there is no table or mart "dw.employes". Did you mean "dw.employees"?',
  )
  await expect(traced(lake, 'employees', {})).rejects.toThrow(
    'cannot trace dw.employees: found neither a key nor --where',
  )
})
