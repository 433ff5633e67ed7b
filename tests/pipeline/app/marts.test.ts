import { readFileSync, writeFileSync } from 'node:fs'
import { ParquetReader } from 'parquetjs-lite'
import { expect, test } from 'vitest'
import { PARENTS, tempLake } from '../../helpers/temp-lake.ts'

const uploads = {
  ...PARENTS,
  'employees.csv': [
    '1,Ada,2021-01-01T00:00:00Z,1,1', // the first second of q1
    '2,Bob,2021-03-31T23:59:59Z,1,1', // the last of q1
    '3,Cy,2021-04-01T00:00:00Z,1,1',
    '4,Di,2021-12-31T23:59:59Z,1,2', // the last second of the year
    '5,Ed,2020-12-31T23:59:59Z,2,1', // a second too early
    '6,Flo,2022-01-01T00:00:00Z,2,1', // a second too late
    '7,Gus,2021-07-07T07:07:07Z,2,1',
  ].join('\n'),
}

test('hires_by_quarter counts from the first second of the year to its last, and only pairs with a hire', async () => {
  const lake = await tempLake({ uploads })
  await lake.run()
  expect(await lake.query('from app.hires_by_quarter')).toEqual([
    ['Sales', 'Analyst', '0', '0', '0', '1'],
    ['Sales', 'Recruiter', '2', '1', '0', '0'],
    ['Support', 'Recruiter', '0', '0', '1', '0'],
  ])
})

test('a department that hired nobody counts in the mean: 4 and 1 and 0 hires have a mean of 5/3', async () => {
  const lake = await tempLake({ uploads })
  await lake.run()
  expect(await lake.query('from app.departments_above_average')).toEqual([['1', 'Sales', '4']])
})

test('the marts of a lake without data are empty tables with their columns', async () => {
  const lake = await tempLake()
  await lake.run()
  expect(await lake.query('from app.hires_by_quarter')).toEqual([])
  expect(await lake.read('reports', 'hires_by_quarter.csv')).toBe('department,job,q1,q2,q3,q4\n')
})

test('a mart is Parquet with Snappy that a reader other than DuckDB reads', async () => {
  const lake = await tempLake({ uploads })
  await lake.run()
  const reader = await ParquetReader.openFile(lake.path('lake', 'app', 'hires_by_quarter', '000001.parquet'))
  try {
    const rows = []
    const cursor = reader.getCursor()
    for (let row = await cursor.next(); row !== null; row = await cursor.next()) rows.push(row)
    expect(
      rows.map((row) => [
        String(row.department),
        String(row.job),
        Number(row.q1),
        Number(row.q2),
        Number(row.q3),
        Number(row.q4),
      ]),
    ).toEqual([
      ['Sales', 'Analyst', 0, 0, 0, 1],
      ['Sales', 'Recruiter', 2, 1, 0, 0],
      ['Support', 'Recruiter', 0, 0, 1, 0],
    ])
    expect(reader.metadata.row_groups[0]?.columns[0]?.meta_data.codec).toBe(1) // SNAPPY
  } finally {
    await reader.close()
  }
})

test('a mart is computed again when its parameter changes, and not when nothing has', async () => {
  const lake = await tempLake({ uploads })
  await lake.run()
  expect((await lake.run()).marts.map((mart) => mart.isNew)).toEqual([false, false, false])
  const config = JSON.parse(await lake.read('pipeline_config.json')) as { parameters: { year: number } }
  config.parameters.year = 2022
  writeFileSync(lake.path('pipeline_config.json'), JSON.stringify(config))
  const summary = await lake.run()
  expect(summary).toMatchObject({
    version: 2,
    marts: [
      { mart: 'hires_by_quarter', isNew: true, rows: 1 },
      { mart: 'department_hires', isNew: true, rows: 3 },
      { mart: 'departments_above_average', isNew: true, rows: 1 },
    ],
  })
  expect(await lake.query('from app.hires_by_quarter')).toEqual([['Support', 'Recruiter', '1', '0', '0', '0']])
  expect(await lake.read('reports', 'hires_by_quarter.csv')).toBe(
    'department,job,q1,q2,q3,q4\nSupport,Recruiter,1,0,0,0\n',
  )
})

test('a mart that leaves the config leaves the catalog', async () => {
  const lake = await tempLake({ uploads })
  await lake.run()
  const config = JSON.parse(await lake.read('pipeline_config.json')) as { marts: Record<string, unknown> }
  delete config.marts.departments_above_average
  writeFileSync(lake.path('pipeline_config.json'), JSON.stringify(config))
  await lake.run()
  expect(await lake.query("select view_name from duckdb_views() where schema_name = 'app' order by all")).toEqual([
    ['department_hires'],
    ['hires_by_quarter'],
  ])
})

const oneTable = { t: { files: ['*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] } }

test.each([
  ['create table x as select 1', /mart "m" \(m\.sql\): found another statement; expected a SELECT/],
  ['select 1; select 2', /mart "m" \(m\.sql\): found 2 statements; expected one SELECT/],
  ['-- nothing yet\n;', /mart "m" \(m\.sql\): found 0 statements; expected one SELECT/],
  ['from t', /mart "m" \(m\.sql\): it reads t; expected tables as dw\.<table> .* Did you mean "dw\.t"\?/],
  [
    'from mart_rows',
    /mart "m" \(m\.sql\): it reads mart_rows; expected tables as dw\.<table> and marts as app\.<mart>/,
  ],
  ['from duckdb_tables()', /mart "m" \(m\.sql\): it uses duckdb_tables\(\), which does not tell what it reads/],
  ['select * from dw.nowhere', /mart "m" \(m\.sql\): .*nowhere/s],
  [
    'select $yeer as y',
    /mart "m" \(m\.sql\): it uses \$yeer, which "parameters" in pipeline_config\.json lacks\. Did you mean "year"\?/,
  ],
])('a mart that says "%s" stops the run before any work', async (text, message) => {
  const config = { name: 'x', parameters: { year: 2021 }, tables: oneTable, marts: { m: { sql: 'm.sql' } } }
  const lake = await tempLake({ config, sql: { 'm.sql': text }, uploads: { 'a.csv': '1\n' } })
  await expect(lake.run()).rejects.toMatchObject({
    code: 'MART_INVALID',
    exitCode: 2,
    message: expect.stringMatching(message),
  })
  expect(await lake.list('workingArea', 'uploads')).toEqual(['a.csv'])
  expect((await lake.list('lake')).filter((path) => path.endsWith('.parquet'))).toEqual([])
})

test('a mart may end with a semicolon and a comment, and keeps the order of its rows', async () => {
  const config = { name: 'x', tables: oneTable, marts: { m: { sql: 'm.sql' } } }
  const lake = await tempLake({
    config,
    sql: { 'm.sql': 'select id from dw.t order by id desc -- newest first\n;\n' },
    uploads: { 'a.csv': '1\n3\n2\n' },
  })
  await lake.run()
  expect(await lake.query('from app.m')).toEqual([['3'], ['2'], ['1']])
  expect(readFileSync(lake.path('reports', 'm.csv'), 'utf8')).toBe('id\n3\n2\n1\n')
})
