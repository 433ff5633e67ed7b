import { expect, test } from 'vitest'
import { compact } from '../../../pipeline/maintain/compact.ts'
import { planRepair, repair } from '../../../pipeline/maintain/repair/index.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { runPipeline } from '../../../pipeline/run.ts'
import { tamper } from '../../helpers/damage.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { smuggle } from '../../helpers/smuggle.ts'
import type { TempLake } from '../../helpers/temp-lake.ts'

const optional = { type: 'string', required: false }

const CONFIG = {
  name: 'shop',
  tables: {
    customers: {
      files: ['customers*.csv'],
      columns: { id: { type: 'integer' }, name: { type: 'string', maxLength: 5 }, email: optional },
      primaryKey: ['id'],
      unique: [['email']],
    },
    orders: {
      files: ['orders*.csv'],
      columns: {
        id: { type: 'integer' },
        customer: { type: 'integer' },
        amount: { type: 'decimal(10,2)', min: 0, max: 100 },
      },
      primaryKey: ['id'],
      references: [{ columns: ['customer'], table: 'customers' }],
      checks: [{ name: 'small', expression: 'id < 1000', message: 'the id is too large' }],
    },
    prices: {
      files: ['prices*.csv'],
      columns: { sku: { type: 'string' }, price: { type: 'integer' } },
      primaryKey: ['sku'],
      onConflict: 'history',
    },
    stock: {
      files: ['stock*.csv'],
      columns: { sku: { type: 'string' }, amount: { type: 'integer' } },
      primaryKey: ['sku'],
      onConflict: 'update',
    },
  },
  marts: { totals: { sql: 'totals.sql' } },
}

const shop = usePreparedLake(
  {
    config: CONFIG,
    sql: { 'totals.sql': 'select customer, sum(amount) as total from dw.orders group by customer order by customer' },
    uploads: {
      'customers.csv': 'id,name,email\n1,Ada,a@x\n2,Bob,b@x\n3,Cy,\n',
      'orders.csv': 'id,customer,amount\n10,1,5\n11,2,6.5\n12,3,7\n12,3,8\n13,9,1\n',
      'prices.csv': 'sku,price\na,1\nb,2\n',
      'stock.csv': 'sku,amount\na,1\nb,2\nb,3\n',
    },
  },
  async (lake) => {
    await lake.run()
    await lake.drop({ 'prices2.csv': 'sku,price\na,3\na,4\n', 'stock2.csv': 'sku,amount\na,1\nb,9\n' })
    await lake.run()
  },
)

/** The only data file of a table in a layer. */
async function fileOf(lake: TempLake, layer: string, table: string): Promise<string> {
  const [name] = await lake.list('lake', layer, table)
  return `${layer}/${table}/${name}`
}

async function change(lake: TempLake, table: string, select: string, layer = 'dw'): Promise<string[]> {
  expect(await lake.findings()).toEqual([])
  await smuggle(lake, await fileOf(lake, layer, table), select)
  return (await lake.findings()).filter((finding) => !finding.startsWith('marts:'))
}

const heal = (lake: TempLake) => repair(lake.project, quietly())

test('two rows under one primary key are found, with key, upload and line, and the later one goes to quarantine', async () => {
  const lake = await shop()
  const found = await change(lake, 'orders', 'select * replace (case id when 12 then 10 else id end as id) from file')
  expect(found).toEqual([
    'rules: dw.orders: 1 row breaks unique:id: id "10" (orders.csv:4): id "10" is in orders already (orders.csv:2)',
  ])
  const planned = await planRepair(lake.project)
  expect(planned.steps.filter(({ file }) => file === 'dw.orders').map(({ what }) => what)).toEqual([
    'rows that break a rule are moved to quarantine (dw.orders: 1 row breaks unique:id: id "10" (orders.csv:4): id "10" is in orders already (orders.csv:2))',
  ])
  expect(await lake.query('select count(*) from dw.orders')).toEqual([['3']])

  const report = await heal(lake)
  expect(report).toMatchObject({ unrepaired: [], problems: [] })
  expect(report.steps).toContainEqual({ file: 'dw.orders', what: '1 row was moved to quarantine (unique:id)' })
  expect(await lake.findings()).toEqual([])
  expect(await lake.query('select id, customer from dw.orders order by id')).toEqual([
    ['10', '1'],
    ['11', '2'],
  ])
  expect(await lake.query('select customer from app.totals order by customer')).toEqual([['1'], ['2']])
  // The record is in quarantine as it came, and its CSV is in the inbox.
  expect(
    await lake.query('select id, amount, _rules, _reason, _status from quarantine.orders where _line = 4'),
  ).toEqual([['12', '7', "['unique:id']", 'id "10" is in orders already (orders.csv:2)', 'open']])
  expect(await lake.list('quarantine', 'orders')).toHaveLength(1)
})

test('a row that a repair has moved is loaded again by a retry when it breaks nothing any more', async () => {
  const lake = await shop()
  await smuggle(
    lake,
    'dw/orders/000001.parquet',
    'select * replace (case id when 12 then 10 else id end as id) from file',
  )
  await heal(lake)
  await runPipeline(lake.project, quietly(), {
    takesUploads: false,
    retry: { tableName: 'orders', rule: null },
    command: 'quarantine retry',
  })
  expect(await lake.findings()).toEqual([])
  expect(await lake.query('select id, amount from dw.orders order by id')).toEqual([
    ['10', '5.00'],
    ['11', '6.50'],
    ['12', '7.00'],
  ])
})

test('a row that came out of quarantine and breaks a promise goes back, once', async () => {
  const lake = await shop()
  await lake.drop({ 'customers9.csv': 'id,name,email\n9,Zoe,z@x\n' })
  await lake.run()
  await runPipeline(lake.project, quietly(), {
    takesUploads: false,
    retry: { tableName: 'orders', rule: null },
    command: 'quarantine retry',
  })
  expect(await lake.query('select _status from quarantine.orders order by _line')).toEqual([['open'], ['released']])
  const released = (await lake.list('lake', 'dw', 'orders')).at(-1)
  await smuggle(lake, `dw/orders/${released}`, 'select * replace (-1::decimal(10,2) as amount) from file')
  await heal(lake)
  expect(await lake.findings()).toEqual([])
  expect(await lake.query('select _line, _status, _rules from quarantine.orders order by _line')).toEqual([
    ['5', 'open', "['unique:id']"],
    ['6', 'open', "['min:amount']"],
  ])
})

test('a value of unique that two rows share is found and healed', async () => {
  const lake = await shop()
  const found = await change(lake, 'customers', "select * replace (coalesce(email, 'b@x') as email) from file")
  expect(found).toEqual([
    'rules: dw.customers: 1 row breaks unique:email: id "3" (customers.csv:4): email "b@x" is in customers already (customers.csv:3)',
  ])
  const report = await heal(lake)
  // The order of customer 3 refers to nothing then.
  expect(report.steps.slice(-2)).toEqual([
    { file: 'dw.customers', what: '1 row was moved to quarantine (unique:email)' },
    { file: 'dw.orders', what: '1 row was moved to quarantine (reference:customer)' },
  ])
  expect(await lake.findings()).toEqual([])
})

test('a reference to nothing is found and healed', async () => {
  const lake = await shop()
  const found = await change(
    lake,
    'orders',
    'select * replace (case id when 11 then 77 else customer end as customer) from file',
  )
  expect(found).toEqual([
    'rules: dw.orders: 1 row breaks reference:customer: id "11" (orders.csv:3): customer "77" is not in customers',
  ])
  await heal(lake)
  expect(await lake.findings()).toEqual([])
  expect(await lake.query('select id from dw.orders order by id')).toEqual([['10'], ['12']])
})

test.each([
  [
    'a value out of its bounds',
    'orders',
    'select * replace (case id when 11 then 100.01 else amount end as amount) from file',
    'max:amount',
  ],
  [
    'a value that is too long',
    'customers',
    "select * replace (case id when 3 then 'Cyrus the Great' else name end as name) from file",
    'max_length:name',
  ],
  [
    'a missing value',
    'customers',
    'select * replace (case id when 3 then null else name end as name) from file',
    'required:name',
  ],
  ['a check', 'orders', 'select * replace (case id when 12 then 5000 else id end as id) from file', 'check:small'],
])('%s is found by the rule that it breaks, and healed', async (_what, table, select, rule) => {
  const lake = await shop()
  const found = await change(lake, table, select)
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(`rules: dw.${table}: 1 row breaks ${rule}: id "`)
  await heal(lake)
  expect(await lake.findings()).toEqual([])
  expect(await lake.query(`select count(*) from quarantine.${table} where list_contains(_rules, '${rule}')`)).toEqual([
    ['1'],
  ])
})

test('a column of another type is found, and its rows are not blamed', async () => {
  const lake = await shop()
  const found = await change(lake, 'customers', 'select * replace (id::varchar as id) from file')
  expect(found).toEqual(['types: dw/customers/000001.parquet: id is VARCHAR; expected INTEGER'])
})

test.each([
  [
    'overlap',
    'select * replace (_valid_to + interval 1 hour as _valid_to) from file where _line = 2 and _by_line = 3',
    'its validity overlaps that of the next version',
  ],
  [
    'end before they began',
    'select * replace (_valid_to - interval 100 days as _valid_to) from file',
    'it ends before it began',
  ],
  [
    'are all closed',
    "from file union all select * replace (3 as _line, '2100-01-01'::timestamp as _valid_to) from file where _by_line = 3",
    'no version of its key is current',
  ],
])('versions of a row that %s are found', async (_what, select, fault) => {
  const lake = await shop()
  const found = await change(lake, 'prices', select, 'closed')
  expect(found.join('\n')).toMatch(new RegExp(`history: dw.prices: \\d rows?: ${fault}: sku "a" `))
})

test('a row without a record in ODS, and a record that is nowhere, are found with upload and line', async () => {
  const lake = await shop()
  const found = await change(
    lake,
    'orders',
    'select * replace (case id when 11 then 99 else _line end as _line) from file',
  )
  expect(found).toEqual([
    'origins: dw.orders, upload "orders.csv": 1 row has no record in ODS (line 99)',
    'origins: dw.orders, upload "orders.csv": 1 records are neither in the table nor in quarantine (line 3); expected 0, which were unchanged or have been replaced',
  ])
})

test('a record that is gone is found, though every count was corrected', async () => {
  const lake = await shop()
  await smuggle(lake, await fileOf(lake, 'dw', 'orders'), 'select * from file where id <> 11')
  await tamper(lake, "update control.files set loaded = loaded - 1, records = records - 1 where name = 'orders.csv'")
  await tamper(lake, 'update control.runs set loaded = loaded - 1, records = records - 1 where run_id = 1')
  expect((await lake.findings()).filter((finding) => !finding.startsWith('marts:'))).toEqual([
    'origins: dw.orders, upload "orders.csv": 1 records are neither in the table nor in quarantine (line 3); expected 0, which were unchanged or have been replaced',
  ])
})

test('a rule or reference that came later says nothing of the rows from before', async () => {
  const lake = await shop()
  const orders = {
    ...CONFIG.tables.orders,
    columns: { ...CONFIG.tables.orders.columns, amount: { type: 'decimal(10,2)', min: 6, max: 100 } },
  }
  await lake.write('pipeline_config.json', JSON.stringify({ ...CONFIG, tables: { ...CONFIG.tables, orders } }))
  expect(await lake.findings()).toEqual([])
  await lake.drop({ 'orders2.csv': 'id,customer,amount\n20,1,6\n21,1,9\n' })
  await lake.run()
  await compact(lake.project, 'orders', quietly())
  expect(await lake.findings()).toEqual([])
  const path = `dw/orders/${(await lake.list('lake', 'dw', 'orders')).at(-1)}`
  await smuggle(
    lake,
    path,
    'select * replace (case when id in (10, 20) then 5::decimal(10,2) else amount end as amount) from file',
  )
  expect((await lake.findings()).filter((finding) => !finding.startsWith('marts:'))).toEqual([
    'rules: dw.orders: 1 row breaks min:amount: id "20" (orders2.csv:2): amount "5.00" is below the least value, 6',
  ])
})

test('a lake whose contracts were not kept says which rows it cannot judge', async () => {
  const lake = await shop()
  await tamper(
    lake,
    "update control.lake set contracts = '{}'; update control.runs set config_hash = 'of another config'",
  )
  const { verify } = await import('../../../pipeline/verify/index.ts')
  const { checks, findings } = await verify(lake.project, { deep: true })
  expect(findings.filter(({ check }) => check === 'rules')).toEqual([])
  expect(checks.find(({ check }) => check === 'rules')?.notes).toContain(
    'not checked: dw.orders: the rules and references of 3 rows, whose runs were under a contract that the lake has not kept',
  )
})

test('a repair can be rolled back, and its rows are what they were', async () => {
  const lake = await shop()
  await smuggle(lake, 'dw/orders/000001.parquet', 'select * replace (77 as customer) from file')
  const before = await lake.query('select * from dw.orders order by _line')
  await heal(lake)
  expect(await lake.query('select * from dw.orders')).toEqual([])
  await rollback(lake.project, 2, quietly())
  expect(await lake.query('select * from dw.orders order by _line')).toEqual(before)
  expect((await lake.findings()).filter((finding) => !finding.startsWith('marts:'))).toEqual([
    expect.stringContaining('rules: dw.orders: 3 rows break reference:customer'),
  ])
})

test('a repeated key of a table under onConflict update is healed', async () => {
  const lake = await shop()
  await smuggle(lake, 'dw/stock/000002.parquet', "select * replace ('a' as sku) from file")
  expect(await lake.findings()).toEqual([
    expect.stringContaining('dw.stock: 1 row breaks unique:sku: sku "a" (stock2.csv:3)'),
  ])
  expect(await heal(lake)).toMatchObject({ unrepaired: [], problems: [] })
  expect(await lake.findings()).toEqual([])
})

test('a row that is part of a history is not moved, and the report says what to do', async () => {
  const lake = await shop()
  await smuggle(lake, 'dw/prices/000002.parquet', "select * replace ('b' as sku) from file")
  const { unrepaired } = await heal(lake)
  expect(unrepaired).toEqual([
    {
      file: 'dw.prices',
      why: expect.stringContaining('it is part of the history of a row; roll back to before its run'),
    },
  ])
})

test('a row that has no record in ODS is not moved', async () => {
  const lake = await shop()
  await smuggle(
    lake,
    'dw/orders/000001.parquet',
    'select * replace (99 as _line, 77 as customer) from file where id = 11',
  )
  const { unrepaired } = await heal(lake)
  expect(unrepaired).toEqual([{ file: 'dw.orders', why: 'the row of orders.csv:99: it has no record in ODS' }])
})
