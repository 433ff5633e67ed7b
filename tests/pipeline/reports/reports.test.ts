import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkMarts } from '../../../pipeline/check-marts.ts'
import type { PageData } from '../../../pipeline/reports/charts/page-data.ts'
import { droplake } from '../../helpers/run-cli.ts'
import { PARENTS, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const EMPLOYEES = '1,Ada,2021-07-01T10:00:00Z,1,1\n'

const config = (report: unknown, more: Record<string, unknown> = {}) => ({
  name: 'shop',
  tables: {
    sales: {
      files: ['sales*.csv'],
      columns: { id: { type: 'integer' }, region: { type: 'string' }, amount: { type: 'integer' } },
      primaryKey: ['id'],
    },
  },
  marts: { by_region: { sql: 'by_region.sql', report }, ...more },
})
const sql = { 'by_region.sql': 'select region, sum(amount) as amount from dw.sales group by region order by region' }

const changeConfig = (lake: TempLake, change: (config: { marts: Record<string, { report?: object }> }) => void) => {
  const read = JSON.parse(readFileSync(lake.path('pipeline_config.json'), 'utf8'))
  change(read)
  writeFileSync(lake.path('pipeline_config.json'), JSON.stringify(read))
}
/** What a page carries for its script. */
const dataOf = async (lake: TempLake, mart: string): Promise<PageData> =>
  JSON.parse(/id="page-data">(.*)<\/script>/.exec(await lake.read('reports', `${mart}.html`))?.[1] ?? '')
const inode = (lake: TempLake, name: string) => statSync(lake.path('reports', name)).ino

test('a page is written when its mart or its report has changed, or it is gone; the index with every run', async () => {
  const lake = await tempLake({
    pages: true,
    config: config({ title: 'Sales' }),
    sql,
    uploads: { 'sales.csv': '1,north,5\n' },
  })
  await lake.run()
  const [page, index] = [inode(lake, 'by_region.html'), inode(lake, 'index.html')]

  await lake.run()
  expect(inode(lake, 'by_region.html')).toBe(page)
  expect(inode(lake, 'index.html')).not.toBe(index)

  changeConfig(lake, ({ marts }) => {
    marts.by_region = { ...marts.by_region, report: { title: 'Turnover' } }
  })
  await lake.run()
  expect(/<h1>(.*)<\/h1>/.exec(await lake.read('reports', 'by_region.html'))?.[1]).toBe('Turnover')

  await lake.drop({ 'sales2.csv': '2,south,7\n' })
  await lake.run()
  expect((await dataOf(lake, 'by_region')).table.values).toEqual([
    ['north', 'south'],
    [5, 7],
  ])

  rmSync(lake.path('reports', 'by_region.html'))
  await lake.run()
  expect(existsSync(lake.path('reports', 'by_region.html'))).toBe(true)
})

test('what "report" names must be there and fit, before any work; all faults are told', async () => {
  const report = {
    columns: { ammount: { label: 'x' } },
    choice: { column: 'regio' },
    charts: [
      { kind: 'bar', category: 'region', values: ['region'] },
      { kind: 'line', values: ['amount'] },
      { kind: 'heatmap', category: 'region', series: 'region', values: ['amount', 'amount'], mean: true },
      { kind: 'bar', category: 'region', values: ['amount', 'amount'], mean: true },
    ],
  }
  const lake = await tempLake({ pages: true, config: config(report), sql, uploads: { 'sales.csv': '1,north,5\n' } })
  const refused = {
    code: 'REPORT_INVALID',
    message: [
      'marts.by_region.report.columns: the mart has no column "ammount", only region, amount. Did you mean "amount"?',
      'marts.by_region.report.choice.column: the mart has no column "regio", only region, amount. Did you mean "region"?',
      'marts.by_region.report.charts[0].values: "region" is VARCHAR; expected a column of numbers.',
      'marts.by_region.report.charts[1].category: missing; a line needs the column it tells apart.',
      'marts.by_region.report.charts[2].values: with "series", name exactly one column of numbers.',
      'marts.by_region.report.charts[2].mean: only a bar or line chart has a line at the mean; this is a heatmap.',
      'marts.by_region.report.charts[3].mean: a mean of several series is no line among them; name one column in "values", and no "series".',
    ].join('\n  '),
  }
  await expect(checkMarts(lake.project)).rejects.toMatchObject(refused)
  await expect(lake.run()).rejects.toMatchObject(refused)
  expect(await lake.list('workingArea', 'uploads')).toEqual(['sales.csv'])
})

test('a comparison names another mart, and no mart takes the name of the index', async () => {
  const lake = await tempLake({
    pages: true,
    config: config({ comparison: { mart: 'by_regio' } }, { Index: { sql: 'by_region.sql' } }),
    sql,
  })
  expect(() => lake.project).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      details: expect.objectContaining({
        faults: [
          'marts.Index: the name is taken by reports/index.html; give the mart another one.',
          'marts.by_region.report.comparison.mart: there is no mart "by_regio".',
        ],
      }),
    }),
  )
})

test('numbers that JavaScript would round stand in the page as text', async () => {
  const lake = await tempLake({
    pages: true,
    config: { name: 'wide', tables: {}, marts: { wide: { sql: 'wide.sql' } } },
    sql: {
      'wide.sql':
        "select 9007199254740993 as big, 12 as small, (2::hugeint ** 70)::decimal(38, 0) as huge, 7::decimal(38, 0) as sum, 12345678901234567890.12::decimal(30, 2) as money, 1.50::decimal(9, 2) as price, 'nan'::double as none, date '2021-02-03' as day, [1, 2] as list, true as yes",
    },
  })
  expect((await lake.run()).problems).toEqual([])
  expect((await dataOf(lake, 'wide')).table.values).toEqual([
    ['9007199254740993'],
    [12],
    ['1180591620717411303424'],
    [7],
    ['12345678901234567890.12'],
    [1.5],
    [null],
    ['2021-02-03'],
    ['[1, 2]'],
    [true],
  ])
})

test('the index tells of a run that failed, and again of the lake when the next one is well', async () => {
  const lake = await tempLake({ pages: true, uploads: { ...PARENTS, 'employees.csv': EMPLOYEES } })
  await lake.run()
  expect(await lake.read('reports', 'index.html')).toMatch(/class="verdict healthy">Healthy<.*6 rows in 3 tables/s)

  await lake.drop({ 'employees2.csv': '2,Bob,2021-07-01T10:00:00Z,1,1\n' })
  const fail = () => {
    throw new Error('the disk is gone')
  }
  await expect(lake.run({ onProgress: fail })).rejects.toThrow('the disk is gone')
  expect(await lake.read('reports', 'index.html')).toMatch(/class="verdict failed">Last run failed<.*the disk is gone/s)

  await lake.run()
  expect(await lake.read('reports', 'index.html')).toMatch(/class="verdict healthy">Healthy<.*7 rows in 3 tables/s)
})

test('the index tells of drift, of refused files, and of an unusual number of records', async () => {
  const lake = await tempLake({ pages: true, config: config(undefined), sql })
  for (let day = 1; day <= 4; day++) {
    await lake.drop({ [`sales${day}.csv`]: Array.from({ length: 10 }, (_, row) => `${day}${row},north,1\n`).join('') })
    await lake.run()
  }
  await lake.drop({ 'sales5.csv': 'id,region,amount,colour\n99,north,1,red\n', 'sales6.csv': '' })
  await lake.run()
  const index = await lake.read('reports', 'index.html')
  expect(index.replace(/<\/?a\b[^>]*>/g, '')).toContain(
    '1 file could not be read, 1 sender sent an unusual number of records, and 1 column came that no table has.',
  )
  expect(index).toContain('<code>colour</code>')
  expect(index).toContain('unusual: 5 to 20 are usual')
  expect(index).toContain('sales6.csv')
})

test('droplake report writes the newest version anew, an older one beside it, or elsewhere', async () => {
  const lake = await tempLake({
    pages: true,
    config: config({ title: 'Sales' }),
    sql,
    uploads: { 'sales.csv': '1,north,5\n' },
  })
  await lake.run()
  await lake.drop({ 'sales2.csv': '2,south,7\n' })
  await lake.run()
  rmSync(lake.path('reports'), { recursive: true })

  const all = await droplake(lake.folder, 'report')
  expect([all.exitCode, all.stdout]).toEqual([0, 'Wrote 4 files. Open reports/index.html\n'])
  expect(await lake.list('reports')).toEqual(['by_region.csv', 'by_region.html', 'by_region.svg', 'index.html'])

  expect((await droplake(lake.folder, 'report', 'by_region', '--at', '1')).exitCode).toBe(0)
  expect(await lake.read('reports', 'version-1', 'by_region.csv')).toBe('region,amount\nnorth,5\n')
  expect(await lake.read('reports', 'by_region.csv')).toBe('region,amount\nnorth,5\nsouth,7\n')

  expect((await droplake(lake.folder, 'report', '--out', 'elsewhere')).exitCode).toBe(0)
  expect(await lake.list('elsewhere')).toContain('by_region.html')

  const wrong = await droplake(lake.folder, 'report', 'by_regio')
  expect([wrong.exitCode, wrong.stderr.split('\n')[0]]).toEqual([
    2,
    'error MART_NOT_FOUND: there is no mart "by_regio" in this version; it has by_region. Did you mean "by_region"?',
  ])
})
