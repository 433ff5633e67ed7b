import { expect, test } from 'vitest'
import { backUp, restoreTable, writeWithAvsc } from '../helpers/avro.ts'
import { tempLake } from '../helpers/temp-lake.ts'

const columns = { id: { type: 'integer' }, price: { type: 'decimal(8,2)' } }
const tableOf = (name: string, onConflict: string) => ({
  files: [`${name}*.csv`],
  columns,
  primaryKey: ['id'],
  onConflict,
})

const SCHEMA = {
  type: 'record',
  name: 'Prices',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'price', type: 'string' },
  ],
} as never

test.each(['history', 'update', 'ignore'])(
  'a file of another program goes into a table under onConflict %s: its rows are valid from the restore on, and later records change them',
  async (onConflict) => {
    const lake = await tempLake({
      config: { name: 'prices', tables: { prices: tableOf('prices', onConflict) } },
      uploads: { 'prices1.csv': '1,1.50\n2,2.50\n' },
    })
    await lake.run()
    await lake.drop({ 'prices2.csv': '2,2.75\n' })
    await lake.run()
    const from = await writeWithAvsc(lake.path('new.avro'), SCHEMA, [
      { id: 2, price: '5.00' },
      { id: 3, price: '6.00' },
    ])
    await restoreTable(lake, 'prices', { from })
    const isHistory = onConflict === 'history'
    expect(await lake.query('select id, price from dw.prices order by id')).toEqual([
      ['2', '5.00'],
      ['3', '6.00'],
    ])
    if (isHistory)
      expect(
        await lake.query(`
          select count(*) from dw.prices, control.runs
          where _valid_from = started_at and run_id = 3 and _valid_to is null and _current`),
      ).toEqual([['2']])
    await lake.drop({ 'prices3.csv': '3,6.50\n4,7.00\n' })
    await lake.run()
    const current = isHistory ? 'where _current' : ''
    expect(await lake.query(`select id, price from dw.prices ${current} order by id`)).toEqual([
      ['2', '5.00'],
      ['3', onConflict === 'ignore' ? '6.00' : '6.50'],
      ['4', '7.00'],
    ])
    if (isHistory)
      expect(
        await lake.query('select price, _valid_to is null from dw.prices where id = 3 order by _valid_from'),
      ).toEqual([
        ['6.00', 'false'],
        ['6.50', 'true'],
      ])
    expect(await lake.findings()).toEqual([])
    const [backup] = await backUp(lake)
    const rows = await lake.query('from dw.prices order by all')
    await restoreTable(lake, 'prices')
    expect(await lake.query('from dw.prices order by all')).toEqual(rows)
    expect((await backUp(lake))[0]?.digest).toBe(backup?.digest)
  },
)

test('of a backup with the versions of its rows, a table without history gets the current ones; one with it takes any', async () => {
  const lake = await tempLake({
    config: {
      name: 'prices',
      tables: { prices: tableOf('prices', 'history'), plain: tableOf('plain', 'ignore') },
    },
    uploads: { 'prices1.csv': '1,1.50\n2,2.50\n3,3.50\n' },
  })
  await lake.run()
  await lake.drop({ 'prices2.csv': '2,2.75\n4,4.50\n' })
  await lake.run()
  const [backup] = await backUp(lake, ['prices'])
  expect(backup?.rows).toBe(5)
  const restored = await restoreTable(lake, 'prices', { as: 'plain' })
  expect(restored.rows).toBe(4)
  const rows = [
    ['1', '1.50'],
    ['2', '2.75'],
    ['3', '3.50'],
    ['4', '4.50'],
  ]
  expect(await lake.query('select id, price from dw.plain order by id')).toEqual(rows)
  expect(await lake.findings()).toEqual([])
  await backUp(lake, ['plain'])
  await restoreTable(lake, 'plain', { as: 'prices' })
  expect(await lake.query('select id, price from dw.prices where _current order by id')).toEqual(rows)
  expect(await lake.query('select count(*) from dw.prices where _valid_to is not null')).toEqual([['0']])
  expect(await lake.findings()).toEqual([])
})
