import { expect, test } from 'vitest'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const config = (reference: object = { onMissing: 'hold', maxWait: '10d' }) => ({
  name: 'x',
  tables: {
    parents: { files: ['parents*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] },
    children: {
      files: ['children*.csv'],
      columns: { id: { type: 'integer' }, parent_id: { type: 'integer', required: false }, age: { type: 'integer' } },
      primaryKey: ['id'],
      references: [{ columns: ['parent_id'], table: 'parents', ...reference }],
    },
  },
})
const day = (number: number) => ({ clock: () => new Date(Date.UTC(2026, 0, number)) })
const statuses = (lake: TempLake) => lake.query('select id, _status from quarantine.children order by id')

test('a held record loads by itself in the run that brings its parent, with its own file and line, and when it waited', async () => {
  const lake = await tempLake({
    config: config(),
    uploads: { 'parents.csv': '1\n', 'children.csv': '1,1,5\n2,7,5\n3,7,x\n' },
  })
  await lake.run(day(1))
  expect(await statuses(lake)).toEqual([
    ['2', 'waiting'],
    ['3', 'open'],
  ])
  // The inbox is for what needs a person.
  expect((await lake.read('quarantine', 'children', 'children.csv.1.csv')).split('\n')).toHaveLength(3)
  expect(await lake.run(day(2))).toMatchObject({ isNewVersion: false })
  await lake.drop({ 'parents2.csv': '7\n' })
  const summary = await lake.run(day(3))
  expect(summary.tables[1]).toMatchObject({ table: 'children', records: 0, released: 1, stillQuarantined: 0, rows: 2 })
  expect(await lake.query('select id, _line, _run_id, _waited_since from dw.children order by id')).toEqual([
    ['1', '1', '1', 'null'],
    ['2', '2', '3', '2026-01-01 00:00:00'],
  ])
  expect(await statuses(lake)).toEqual([
    ['2', 'released'],
    ['3', 'open'],
  ])
  expect(await lake.query("select _status_why from quarantine.children where id = '2'")).toEqual([['waited']])
  expect(await lake.findings()).toEqual([])
})

test('a record that has waited too long is open, with a reason that says so, and does not wait again', async () => {
  const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n' } })
  await lake.run(day(1))
  await lake.run(day(10))
  expect(await statuses(lake)).toEqual([['2', 'waiting']])
  expect(await lake.run(day(11))).toMatchObject({ isNewVersion: true })
  expect(await lake.query('select _status, _reason from quarantine.children')).toEqual([
    ['open', 'parent_id "7" is not in parents; it has waited since 2026-01-01 00:00'],
  ])
  expect(await lake.list('quarantine')).toEqual(['children/children.csv.1.csv'])
  await lake.drop({ 'parents2.csv': '7\n' })
  expect((await lake.run(day(12))).tables[1]).toMatchObject({ released: 0, rows: 0 })
  expect(await lake.findings()).toEqual([])
})

test('held records keep their place: of two with one key the first that came is loaded', async () => {
  const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n' } })
  await lake.run(day(1))
  await lake.drop({ 'parents2.csv': '7\n', 'children2.csv': '2,1,6\n' })
  await lake.run(day(2))
  expect(await lake.query('select id, age from dw.children')).toEqual([['2', '5']])
  expect(await lake.query("select _file, _reason from quarantine.children where _status = 'open'")).toEqual([
    ['children2.csv', 'id "2" is in children already (children.csv:1)'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('without hold a record that refers to nothing is open at once', async () => {
  const lake = await tempLake({ config: config({}), uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n' } })
  await lake.run(day(1))
  expect(await statuses(lake)).toEqual([['2', 'open']])
})
