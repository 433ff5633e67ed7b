import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { listQuarantine } from '../../../control/quarantine/list-quarantine.ts'
import { showQuarantine } from '../../../control/quarantine/show-quarantine.ts'
import { exportQuarantine } from '../../../pipeline/inbox/export-quarantine.ts'
import { discard, planDiscard } from '../../../pipeline/maintain/discard.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { planRun } from '../../../pipeline/plan/index.ts'
import { runPipeline } from '../../../pipeline/run.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { formatCsv, parseCsv } from '../../helpers/quarantine-csv.ts'
import type { TempLake } from '../../helpers/temp-lake.ts'

const config = (maxLength: number) => ({
  name: 'x',
  tables: {
    people: {
      files: ['*.csv'],
      columns: { id: { type: 'integer' }, name: { type: 'string', maxLength }, city: { type: 'string' } },
      primaryKey: ['id'],
    },
  },
})
const ALL = { rule: null, file: null, ids: null, isLeftOut: false }

const lakeWithQuarantine = usePreparedLake(
  {
    config: config(3),
    uploads: { 'a.csv': '1,Ann,Ulm\n2,Berta,Ulm\n3,Cecil,\n', 'b.csv': '1,Bob,Bonn\n4,\n' },
  },
  async (lake) => {
    await lake.run()
  },
)

const retryOf = (rule: string | null) => ({
  command: 'quarantine retry people',
  takesUploads: false,
  retry: { tableName: 'people', rule },
})
const retry = (lake: TempLake, rule: string | null = null) => runPipeline(lake.project, quietly(), retryOf(rule))

test('what is in quarantine is listed by table and rule, and shown with the bad columns', async () => {
  const lake = await lakeWithQuarantine()
  const [people] = await listQuarantine(lake.project)
  expect(people).toMatchObject({ table: 'people', open: 4, waiting: 0 })
  expect(people?.rules.map(({ rule, open, example }) => [rule, open, example.file, example.line])).toEqual([
    ['max_length:name', 2, 'a.csv', 2],
    ['malformed', 1, 'b.csv', 2],
    ['required:city', 1, 'a.csv', 3],
    ['unique:id', 1, 'b.csv', 1],
  ])
  const shown = await showQuarantine(lake.project, 'people', { ...ALL, file: 'a.csv' }, 10)
  expect(shown.total).toBe(2)
  expect(shown.records.map(({ line, values, badColumns }) => [line, values.name, badColumns])).toEqual([
    [2, 'Berta', ['name']],
    [3, 'Cecil', ['name', 'city']],
  ])
  expect((await showQuarantine(lake.project, 'people', { ...ALL, rule: 'malformed' }, 10)).records).toMatchObject([
    { raw: '4,', rules: ['malformed'], badColumns: [] },
  ])
  await expect(showQuarantine(lake.project, 'poeple', ALL, 1)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
})

test('retry after a rule was loosened releases what breaks no rule any more, and nothing else', async () => {
  const lake = await lakeWithQuarantine()
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config(5)))
  const before = await lake.query('select count(*) from control.runs')
  expect((await planRun(lake.project, quietly(), retryOf(null))).tables[0]).toMatchObject({
    released: 1,
    stillQuarantined: 2,
  })
  expect(await lake.query('select count(*) from control.runs')).toEqual(before)
  expect(await lake.findings()).toEqual([])
  expect((await retry(lake)).tables[0]).toMatchObject({
    released: 1,
    stillQuarantined: 2,
    sameAsBefore: 1,
    rows: 2,
  })
  expect(await lake.query('select id, _line, _run_id from dw.people order by id')).toEqual([
    ['1', '1', '1'],
    ['2', '2', '2'],
  ])
  expect(
    await lake.query("select _file, _line, _rules from quarantine.people where _status = 'open' order by all"),
  ).toEqual([
    ['a.csv', '3', "['required:city']"],
    ['b.csv', '1', "['unique:id']"],
    ['b.csv', '2', "['malformed']"],
  ])
  expect(await lake.query('select command from control.runs where run_id = 2')).toEqual([['quarantine retry people']])
  expect(await lake.findings()).toEqual([])
  expect(await retry(lake, 'unique:id')).toMatchObject({ isNewVersion: false })
})

test('retry of one rule leaves the records that do not break it alone', async () => {
  const lake = await lakeWithQuarantine()
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config(5)))
  expect((await retry(lake, 'unique:id')).tables[0]).toMatchObject({ released: 0, stillQuarantined: 1 })
})

test('discarded records keep who, when and why, leave the inbox, and come back with a rollback', async () => {
  const lake = await lakeWithQuarantine()
  expect(await planDiscard(lake.project, 'people', { ...ALL, file: 'a.csv' })).toEqual({
    table: 'people',
    records: 2,
    examples: ['a.csv:2', 'a.csv:3'],
  })
  await discard(lake.project, 'people', { ...ALL, file: 'a.csv' }, '=test data; "old"', quietly())
  expect(
    await lake.query(
      "select _line, _status_why, _status_by <> '' from quarantine.people where _status = 'discarded' order by 1",
    ),
  ).toEqual([
    ['2', '=test data; "old"', 'true'],
    ['3', '=test data; "old"', 'true'],
  ])
  expect(await lake.list('quarantine')).toEqual(['people/b.csv.1.csv'])
  expect(await lake.findings()).toEqual([])
  expect(await discard(lake.project, 'people', { ...ALL, file: 'a.csv' }, 'again', quietly())).toBeNull()
  await rollback(lake.project, 1, quietly())
  expect(await lake.query("select count(*) from quarantine.people where _status = 'open'")).toEqual([['4']])
  expect(await lake.list('quarantine')).toEqual(['people/a.csv.1.csv', 'people/b.csv.1.csv'])
})

test('an export holds the open records of all uploads, and can be dropped back', async () => {
  const lake = await lakeWithQuarantine()
  const path = lake.path('to-fix.csv')
  expect(await exportQuarantine(lake.project, 'people', ALL, path)).toEqual({ records: 4, rows: null })
  const rows = parseCsv(readFileSync(path, 'utf8'))
  expect(rows.map((row) => [row._file, row._line])).toEqual([
    ['a.csv', '2'],
    ['a.csv', '3'],
    ['b.csv', '1'],
    ['b.csv', '2'],
  ])
  const fixed = rows.map((row, index) => ({ ...row, id: String(index + 10), name: 'Ann', city: 'Ulm' }))
  await lake.drop({ 'to-fix.csv': formatCsv(fixed) })
  expect((await lake.run()).files).toMatchObject([{ loaded: 4, quarantined: 0 }])
  expect(await lake.list('quarantine')).toEqual([])
  expect(await lake.findings()).toEqual([])
})
