import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compact } from '../../../pipeline/maintain/compact.ts'
import { repair } from '../../../pipeline/maintain/repair/index.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { flipBit } from '../../helpers/damage.ts'
import { quietly } from '../../helpers/maintain.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

/** `a_last` reads `middle`, which reads `z_first`, which reads the table: by name they stand in the wrong order. */
async function chain(tests: Record<string, unknown> = {}): Promise<TempLake> {
  const lake = await tempLake({
    config: {
      name: 'x',
      tables: {
        sales: {
          files: ['sales*'],
          columns: { id: { type: 'integer' }, amount: { type: 'integer' } },
          primaryKey: ['id'],
        },
        other: { files: ['other*'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] },
      },
      marts: {
        a_last: { sql: 'a.sql' },
        middle: { sql: 'm.sql', tests },
        z_first: { sql: 'z.sql' },
        unconcerned: { sql: 'u.sql' },
      },
    },
    sql: {
      'a.sql': 'select total * 2 as twice from app.middle',
      'm.sql': 'select sum(amount) as total from app.z_first',
      'z.sql': 'select id, amount from dw.sales order by id',
      'u.sql': 'select count(*) as others from dw.other',
    },
    uploads: { 'sales1.csv': '1,10\n', 'other1.csv': '1\n' },
  })
  await lake.run()
  await lake.drop({ 'sales2.csv': '2,20\n', 'other2.csv': '2\n' })
  await lake.run()
  return lake
}

const twice = (lake: TempLake) => lake.query('from app.a_last')

test('compact carries marts of marts along: the next run makes none of them anew', async () => {
  const lake = await chain()
  await compact(lake.project, null, quietly())
  expect(await twice(lake)).toEqual([['60']])
  expect(await lake.findings()).toEqual([])
  expect(await lake.run()).toMatchObject({ isNewVersion: false })
  expect(await lake.findings()).toEqual([])
})

test('a rollback brings back the marts of that version, and the next run makes none of them anew', async () => {
  const lake = await chain()
  await rollback(lake.project, 1, quietly())
  expect(await twice(lake)).toEqual([['20']])
  expect(await lake.findings()).toEqual([])
  expect(await lake.run()).toMatchObject({ isNewVersion: false })
  await rollback(lake.project, 2, quietly())
  expect(await twice(lake)).toEqual([['60']])
  expect(await lake.run()).toMatchObject({ isNewVersion: false })
  expect(await lake.findings()).toEqual([])
})

test('a rollback behind a mart that was held back, and back again, tells truly whether it is', async () => {
  const lake = await chain({ sql: { small: 'total > 50' } })
  await lake.drop({ 'sales3.csv': '3,30\n' })
  expect((await lake.run()).marts.filter((mart) => mart.heldBack).map((mart) => mart.mart)).toEqual([
    'middle',
    'a_last',
  ])
  expect(await lake.list('quarantine', 'marts')).toEqual(['middle.csv'])
  await rollback(lake.project, 2, quietly())
  expect(await lake.list('quarantine', 'marts')).toEqual([])
  expect(await lake.findings()).toEqual([])
  await rollback(lake.project, 3, quietly())
  expect(await twice(lake)).toEqual([['60']])
  expect(await lake.findings()).toEqual([])
  expect(await lake.run()).toMatchObject({ isNewVersion: false })
  expect(await lake.list('quarantine', 'marts')).toEqual(['middle.csv'])
  await compact(lake.project, null, quietly())
  expect(await lake.findings()).toEqual([])
})

test('damaged marts are made again after those that they read, with the same bytes', async () => {
  const lake = await chain()
  const paths = ['a_last', 'middle', 'z_first'].map((mart) => `app/${mart}/000002.parquet`)
  const path = (name: string) => lake.path('lake', ...name.split('/'))
  const before = paths.map((name) => readFileSync(path(name)))
  for (const name of paths) flipBit(path(name), 300)
  const report = await repair(lake.project, quietly())
  expect(report.unrepaired).toEqual([])
  expect(report.steps.map((step) => step.file)).toEqual([...paths].reverse())
  expect(paths.map((name) => readFileSync(path(name)))).toEqual(before)
  expect(await lake.findings()).toEqual([])
})

test('a mart that was held back is repaired from the tables that it was made of, not from those that failed', async () => {
  const lake = await chain({ sql: { small: 'total > 50' } })
  await lake.drop({ 'sales3.csv': '3,30\n' })
  await lake.run()
  const path = lake.path('lake', 'app', 'middle', '000002.parquet')
  const before = readFileSync(path)
  flipBit(path, 300)
  expect((await repair(lake.project, quietly())).steps).toMatchObject([
    { file: 'app/middle/000002.parquet', what: 'it was made again from its SQL, with the same bytes' },
  ])
  expect(readFileSync(path)).toEqual(before)
  flipBit(path, 300)
  writeFileSync(lake.path('m.sql'), 'select max(amount) as total from app.z_first')
  expect((await repair(lake.project, quietly())).unrepaired).toEqual([
    {
      file: 'app/middle/000002.parquet',
      why: 'its SQL, its tests, its parameters or the contracts have changed since',
    },
  ])
})
