import { expect, test } from 'vitest'
import { runPipeline } from '../../../pipeline/run.ts'
import { quietly } from '../../helpers/maintain.ts'
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

test.each([
  ['rejects what is missing', {}],
  ['is gone', null],
  ['only warns', { onMissing: 'reject', severity: 'warn' }],
])('a record that waits loads when its reference %s and what it names has come', async (_title, change) => {
  const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n' } })
  await lake.run(day(1))
  await lake.write('pipeline_config.json', JSON.stringify(changed(change)))
  await lake.drop({ 'parents2.csv': '7\n' })
  expect((await lake.run(day(2))).tables[1]).toMatchObject({ released: 1, rows: 1 })
  expect(await lake.query('select id, _line, _run_id from dw.children')).toEqual([['2', '1', '2']])
  expect(await statuses(lake)).toEqual([['2', 'released']])
  expect(await lake.run(day(3))).toMatchObject({ isNewVersion: false })
  expect(await lake.findings()).toEqual([])
})

test('when references no longer wait, a record whose parent is missing is open in the next run, and in the inbox', async () => {
  const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n' } })
  await lake.run(day(1))
  await lake.write('pipeline_config.json', JSON.stringify(config({})))
  await lake.run(day(2))
  expect(await lake.query('select _status, _reason from quarantine.children')).toEqual([
    ['open', 'parent_id "7" is not in parents'],
  ])
  expect(await lake.list('quarantine')).toEqual(['children/children.csv.1.csv'])
  expect(await lake.run(day(3))).toMatchObject({ isNewVersion: false })
  // As any open record it can be tried again.
  await lake.drop({ 'parents2.csv': '7\n' })
  await lake.run(day(4))
  const retry = { command: 'quarantine retry', takesUploads: false, retry: { tableName: null, rule: null } }
  expect((await runPipeline(lake.project, quietly(), retry)).tables[1]).toMatchObject({ released: 1 })
  expect(await lake.findings()).toEqual([])
})

test('when its reference is gone, a record that waits is judged by the rules that are left', async () => {
  const lake = await tempLake({
    config: config(),
    uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n3,7,50\n' },
  })
  await lake.run(day(1))
  const { tables, ...rest } = changed(null)
  const columns = { ...tables.children.columns, age: { type: 'integer', max: 9 } }
  const stricter = { ...rest, tables: { ...tables, children: { ...tables.children, columns } } }
  await lake.write('pipeline_config.json', JSON.stringify(stricter))
  await lake.run(day(2))
  expect(await lake.query('select id from dw.children')).toEqual([['2']])
  expect(await lake.query("select id, _rules from quarantine.children where _status = 'open'")).toEqual([
    ['3', "['max:age']"],
  ])
  expect(await lake.findings()).toEqual([])
})

test('a shorter maxWait opens what has waited longer, and without maxWait a record waits 30 days', async () => {
  for (const [reference, openOn] of [
    [{ onMissing: 'hold', maxWait: '2d' }, 3],
    [{ onMissing: 'hold' }, 31],
  ] as const) {
    const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children.csv': '2,7,5\n' } })
    await lake.run(day(1))
    await lake.write('pipeline_config.json', JSON.stringify(config(reference)))
    await lake.run(day(openOn - 1))
    expect(await statuses(lake)).toEqual([['2', 'waiting']])
    await lake.run(day(openOn))
    expect(await statuses(lake)).toEqual([['2', 'open']])
  }
})

/** The contract with its reference changed, or without it. */
function changed(change: { readonly severity?: string } | null) {
  const { severity, ...reference } = change ?? {}
  const { name, tables } = config(reference)
  const { children, parents } = tables
  const references = change === null ? [] : children.references
  const severities = severity === undefined ? {} : { severity: { 'reference:parent_id': severity } }
  return { name, tables: { parents, children: { ...children, references, ...severities } } }
}
