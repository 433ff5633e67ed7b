import { expect, test } from 'vitest'
import type { EntryFilter } from '../../../control/quarantine/open-quarantine.ts'
import { showQuarantine } from '../../../control/quarantine/show-quarantine.ts'
import { exportQuarantine } from '../../../pipeline/inbox/export-quarantine.ts'
import { compact } from '../../../pipeline/maintain/compact.ts'
import { discard, planDiscard } from '../../../pipeline/maintain/discard.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { planRun } from '../../../pipeline/plan/index.ts'
import { quietly } from '../../helpers/maintain.ts'
import { type CsvRow, formatCsv, parseCsv } from '../../helpers/quarantine-csv.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const LEFT_OUT: EntryFilter = { rule: null, file: null, ids: null, isLeftOut: true }
const config = {
  name: 'x',
  tables: {
    parents: { files: ['parents*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] },
    people: {
      files: ['people*.csv'],
      columns: { id: { type: 'integer' }, age: { type: 'integer' }, parent_id: { type: 'integer', required: false } },
      primaryKey: ['id'],
      references: [{ columns: ['parent_id'], table: 'parents', onMissing: 'hold', maxWait: '1d' }],
    },
  },
}
const INBOX = 'people.csv.1.csv'

/** Four open records of people.csv, lines 1 to 4, one of people2.csv. */
async function lakeWithQuarantine(): Promise<TempLake> {
  const uploads = { 'people.csv': '1,a,\n2,b,\n3,c,\n4,d,\n', 'people2.csv': '5,e,\n' }
  const lake = await tempLake({ config, uploads })
  await lake.run()
  return lake
}

/** Drop the CSV of the inbox with these lines only, ages as given. */
async function dropBack(lake: TempLake, ages: Readonly<Record<string, string>>, name = INBOX): Promise<void> {
  const rows = parseCsv(await lake.read('quarantine', 'people', INBOX))
  const kept = rows.flatMap((row) => (row._line && row._line in ages ? [{ ...row, age: ages[row._line] ?? '' }] : []))
  await lake.drop({ [name]: formatCsv(kept as CsvRow[]) })
}

const leftOut = async (lake: TempLake) => (await planDiscard(lake.project, 'people', LEFT_OUT)).examples
const open = (lake: TempLake) =>
  lake
    .query(`select _file || ':' || _line from quarantine.people where _status = 'open' order by 1`)
    .then((rows) => rows.flat())

test('rows that a CSV came back without stay open, the run says so, and discard --left-out gives up exactly these', async () => {
  const lake = await lakeWithQuarantine()
  expect(await leftOut(lake)).toEqual([])
  await dropBack(lake, { 1: '10', 3: 'still wrong' })
  expect((await planRun(lake.project, quietly())).tables[1]).toMatchObject({ leftOut: 2 })
  expect((await lake.run()).tables.map((table) => table.leftOut)).toEqual([0, 2])
  expect(await leftOut(lake)).toEqual(['people.csv:2', 'people.csv:4'])
  expect((await showQuarantine(lake.project, 'people', LEFT_OUT, 10)).total).toBe(2)
  // Neither a run without a CSV nor a compaction makes any difference.
  expect((await lake.run()).tables[1]?.leftOut).toBe(0)
  await compact(lake.project, null, quietly())
  expect(await leftOut(lake)).toEqual(['people.csv:2', 'people.csv:4'])
  await discard(lake.project, 'people', LEFT_OUT, 'not ours', quietly())
  expect(await open(lake)).toEqual(['people.csv:3', 'people2.csv:1'])
  expect(
    await lake.query("select _line, _status_why from quarantine.people where _status = 'discarded' order by 1"),
  ).toEqual([
    ['2', 'not ours'],
    ['4', 'not ours'],
  ])
  expect(await leftOut(lake)).toEqual([])
  expect(await lake.findings()).toEqual([])
})

test('only the last CSV of an upload counts; two that came in one run count together', async () => {
  const lake = await lakeWithQuarantine()
  await dropBack(lake, { 1: '10' }, 'first half.csv')
  await dropBack(lake, { 2: 'x', 3: 'y' }, 'second half.csv')
  expect((await lake.run()).tables[1]?.leftOut).toBe(1)
  expect(await leftOut(lake)).toEqual(['people.csv:4'])
  await dropBack(lake, { 2: 'x', 4: 'z' })
  expect((await lake.run()).tables[1]?.leftOut).toBe(1)
  expect(await leftOut(lake)).toEqual(['people.csv:3'])
  await rollback(lake.project, 2, quietly())
  expect(await leftOut(lake)).toEqual(['people.csv:4'])
})

test('an export may have had any part of the records: nothing is left out of it', async () => {
  const lake = await lakeWithQuarantine()
  const path = lake.path('export.csv')
  await exportQuarantine(lake.project, 'people', { ...LEFT_OUT, isLeftOut: false, file: 'people.csv' }, path)
  const [row] = parseCsv(await lake.read('export.csv'))
  await lake.drop({ 'export.csv': formatCsv([{ ...row, age: '10' }]) })
  expect((await lake.run()).tables[1]).toMatchObject({ released: 1, leftOut: 0 })
  expect(await leftOut(lake)).toEqual([])
})

test('a record that became open after the CSV was copied was never in it', async () => {
  const at = (day: number) => quietly(() => new Date(Date.UTC(2026, 0, day)))
  const lake = await tempLake({ config, uploads: { 'people.csv': '1,a,\n2,2,7\n3,c,\n' } })
  await lake.run(at(1))
  const rows = parseCsv(await lake.read('quarantine', 'people', INBOX))
  expect(rows.map((row) => row._line)).toEqual(['1', '3'])
  // Line 2 has waited too long.
  await lake.run(at(5))
  expect(await open(lake)).toEqual(['people.csv:1', 'people.csv:2', 'people.csv:3'])
  await lake.drop({ 'copied on day 1.csv': formatCsv([{ ...rows[0], age: '10' }]) })
  expect((await lake.run(at(6))).tables[1]?.leftOut).toBe(1)
  expect(await leftOut(lake)).toEqual(['people.csv:3'])
  // The CSV of today has line 2.
  await dropBack(lake, { 2: '2' })
  await lake.run(at(6))
  expect(await leftOut(lake)).toEqual(['people.csv:3'])
})

test('a record of the CSV that could not be read may be any of them: nothing is left out for certain', async () => {
  const lake = await lakeWithQuarantine()
  const [header, first, second] = (await lake.read('quarantine', 'people', INBOX)).split('\n')
  const broken = Buffer.from(`${header}\n${first}\n${second?.replace('b', 'é')}\n`, 'latin1')
  await lake.drop({ [INBOX]: broken })
  const summary = await lake.run()
  expect(summary.files).toMatchObject([{ records: 2, quarantined: 2 }])
  expect(summary.tables[1]?.leftOut).toBe(0)
  expect(await leftOut(lake)).toEqual([])
})
