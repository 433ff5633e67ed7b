import { expect, test } from 'vitest'
import { droplake } from '../helpers/run-cli.ts'
import { tempLake } from '../helpers/temp-lake.ts'

const DEPARTMENTS = 'Department ID;department_name\n1;Sales\n2;\n'

test('droplake plan tells of each upload, ends with 3 when one would be refused, and gives JSON', async () => {
  const lake = await tempLake({ uploads: { 'departments.csv': DEPARTMENTS, 'what.csv': 'x\n' } })
  const { exitCode, stdout, stderr } = await droplake(lake.folder, 'plan')
  expect([exitCode, stderr]).toEqual([3, ''])
  expect(stdout).toContain(`Run 1 would do this; nothing was written.

table        read  loaded  updated  quarantined  unchanged  rows then
-----------  ----  ------  -------  -----------  ---------  ---------
departments     2       1        0            1          0          1
`)
  expect(stdout).toContain(`
departments.csv: to departments, 2 records: 1 good, 1 to quarantine
  CSV: delimiter ";", quote ", header, utf-8
  columns by other names: Department ID → department_id
        1  required:department_name

what.csv: would be refused — UPLOAD_UNKNOWN_TABLE: `)
  expect(await lake.list()).not.toContain('lake/lake.duckdb')
  const { files } = JSON.parse((await droplake(lake.folder, 'plan', '--json')).stdout)
  expect(files[0]).toMatchObject({
    file: 'departments.csv',
    table: 'departments',
    loaded: 1,
    quarantined: 1,
    rules: [{ rule: 'required:department_name', records: 1 }],
  })
})

test('droplake plan tells which marts would be made anew or held back, and ends with 3 for these', async () => {
  const config = {
    name: 'x',
    tables: { sales: { files: ['sales*'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] } },
    marts: {
      ids: { sql: 'ids.sql', tests: { rowCount: { max: 1 } } },
      total: { sql: 'total.sql' },
      latest: { sql: 'latest.sql' },
    },
  }
  const sql = {
    'ids.sql': 'select id from dw.sales order by id',
    'total.sql': 'select count(*) as total from app.ids',
    'latest.sql': 'select max(id) as latest from dw.sales',
  }
  const lake = await tempLake({ config, sql, uploads: { 'sales.csv': '1\n' } })
  await lake.run()
  expect((await droplake(lake.folder, 'plan')).stdout).toBe('There is nothing in uploads: a run would load nothing.\n')
  await lake.drop({ 'sales2.csv': '2\n' })
  const { exitCode, stdout } = await droplake(lake.folder, 'plan')
  expect(exitCode).toBe(3)
  expect(stdout).toContain(`
app.ids: its new version would be held back, the one before it would stay — MART_TEST_FAILED: row_count: 2 rows in all; expected at most 1
  row_count: row_count=2
app.latest: would be made anew, 1 row
app.total: its new version would be held back, the one before it would stay — it reads app.ids, which was held back
`)
})

test('droplake plan says when there is nothing in uploads', async () => {
  const lake = await tempLake()
  const nothing = 'There is nothing in uploads: a run would load nothing.\n'
  expect((await droplake(lake.folder, 'plan')).stdout).toMatch(
    new RegExp(`^${nothing}(app\\.\\w+: would be made anew, 0 rows\n){3}$`),
  )
  await lake.run()
  expect((await droplake(lake.folder, 'plan')).stdout).toBe(nothing)
})

test('droplake propose prints a contract to paste, and what speaks for it on stderr', async () => {
  const lake = await tempLake({
    uploads: { 'shops.csv': DEPARTMENTS.replace('Department', 'Shop').replace('department', 'shop') },
  })
  const { exitCode, stdout, stderr } = await droplake(lake.folder, 'propose', 'workingArea/uploads/shops.csv')
  expect([exitCode, JSON.parse(stdout)]).toEqual([
    0,
    {
      shops: {
        files: ['shops*.csv'],
        columns: {
          shop_id: { type: 'integer' },
          shop_name: { type: 'string', required: false, maxLength: 10 },
        },
        primaryKey: ['shop_id'],
      },
    },
  ])
  expect(stderr).toContain('Read 2 records, all of it.\n')
  expect(stderr).toContain('key: shop_id (100 % of records have their own)\n')
  const words = ['propose', 'workingArea/uploads/shops.csv', '--table', 'x', '--no-header', '--json']
  const proposal = JSON.parse((await droplake(lake.folder, ...words)).stdout)
  expect(proposal).toMatchObject({ table: 'x', records: 3, contract: { primaryKey: ['column_1'] } })
  const wrong = await droplake(lake.folder, 'propose', 'nowhere.csv')
  expect([wrong.exitCode, wrong.stderr.startsWith('error USAGE: "nowhere.csv" cannot be read')]).toEqual([2, true])
})
