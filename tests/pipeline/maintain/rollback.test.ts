import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { compact } from '../../../pipeline/maintain/compact.ts'
import { planRollback, rollback } from '../../../pipeline/maintain/rollback.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { snapshot } from '../../helpers/snapshot.ts'
import { PARENTS, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const T = '2021-07-01T10:00:00Z'
const FIRST = { ...PARENTS, 'employees1.csv': `1,Ada,${T},1,1\nx,Bad,${T},1,1\n` }
const SECOND = { 'employees2.csv': `2,Bob,${T},2,2\n3,,${T},9,1\n`, 'jobs2.csv': '9,Cook\n' }

const twoVersions = usePreparedLake({ uploads: FIRST }, async (lake) => {
  await lake.run()
  await lake.drop(SECOND)
  await lake.run()
})

/** The tables, marts, quarantine and reports, without the uploads and the ledger. */
async function content(lake: TempLake): Promise<Record<string, unknown>> {
  const { files: _files, processed: _processed, ...rest } = await snapshot(lake)
  // What is told of anomalies has numbers of runs.
  const reports = (await lake.list('reports'))
    .filter((name) => name !== 'anomalies.csv')
    .filter((name) => name.endsWith('.csv'))
    .map((name) => readFileSync(lake.path('reports', name), 'utf8'))
  return { ...rest, reports, inbox: await lake.list('quarantine') }
}

const statuses = (lake: TempLake) =>
  lake.query('select run_id, version, status, command from control.runs order by run_id')

test('a rollback makes a new version with the content of the old one, and the inbox and the reports follow', async () => {
  const lake = await tempLake({ uploads: FIRST })
  await lake.run()
  const first = await content(lake)
  await lake.drop(SECOND)
  await lake.run()
  expect(await lake.list('quarantine', 'employees')).toEqual(['employees1.csv.1.csv', 'employees2.csv.2.csv'])
  const plan = await planRollback(lake.project, 1)
  expect(plan).toMatchObject({
    from: 2,
    to: 1,
    undone: [2],
    redone: [],
    uploads: [
      { name: 'employees2.csv', runId: 2 },
      { name: 'jobs2.csv', runId: 2 },
    ],
  })
  expect(await rollback(lake.project, 1, quietly())).toMatchObject({ runId: 3, version: 3, problems: [] })
  expect(await content(lake)).toEqual(first)
  expect(await statuses(lake)).toEqual([
    ['1', '1', 'committed', 'run'],
    ['2', '2', 'rolled_back', 'run'],
    ['3', '3', 'committed', 'rollback 1'],
  ])
  expect(await lake.findings()).toEqual([])
  expect(await rollback(lake.project, 1, quietly())).toBeNull()
})

test('uploads of an undone run can be dropped again, and the lake is then what a lake without the rollback is', async () => {
  const lake = await twoVersions()
  const second = await content(lake)
  await rollback(lake.project, 1, quietly())
  await lake.drop(SECOND)
  const summary = await lake.run()
  expect(summary.files.map((file) => file.outcome)).toEqual(['loaded', 'loaded'])
  const inbox = ['employees/employees1.csv.1.csv', 'employees/employees2.csv.4.csv']
  expect(await content(lake)).toEqual({ ...second, inbox })
  expect(await lake.findings()).toEqual([])
  // What was not undone is still a duplicate.
  await lake.drop({ 'again.employees1.csv': 'x', 'employees1.csv': FIRST['employees1.csv'] })
  expect((await lake.run()).files.map((file) => file.outcome)).toEqual(['duplicate', 'refused'])
})

test('a rollback can itself be rolled back: the undone runs count again', async () => {
  const lake = await twoVersions()
  const second = await content(lake)
  await rollback(lake.project, 1, quietly())
  expect(await planRollback(lake.project, 2)).toMatchObject({ undone: [3], redone: [2], uploads: [] })
  await rollback(lake.project, 2, quietly())
  expect(await content(lake)).toEqual(second)
  expect(await statuses(lake)).toEqual([
    ['1', '1', 'committed', 'run'],
    ['2', '2', 'committed', 'run'],
    ['3', '3', 'rolled_back', 'rollback 1'],
    ['4', '4', 'committed', 'rollback 2'],
  ])
  await lake.drop(SECOND)
  expect((await lake.run()).files.map((file) => file.outcome)).toEqual(['duplicate', 'duplicate'])
  await rollback(lake.project, 3, quietly())
  await rollback(lake.project, 4, quietly())
  expect(await content(lake)).toEqual(second)
  expect(await lake.findings()).toEqual([])
})

test('a rollback to version 0 empties the lake, and everything can be dropped again', async () => {
  const lake = await twoVersions()
  await rollback(lake.project, 0, quietly())
  expect(await lake.query('select (select count(*) from dw.jobs), (select count(*) from ods.jobs)')).toEqual([
    ['0', '0'],
  ])
  expect([await lake.list('quarantine'), await lake.list('reports')]).toEqual([[], []])
  expect(await lake.findings()).toEqual([])
  await lake.drop(FIRST)
  expect((await lake.run()).files.map((file) => file.outcome)).toEqual(['loaded', 'loaded', 'loaded'])
  expect(await lake.findings()).toEqual([])
})

test('a quarantine CSV of an undone run that a person has changed goes to processed, not away', async () => {
  const lake = await twoVersions()
  await writeFile(lake.path('quarantine', 'employees', 'employees2.csv.2.csv'), 'my work\n')
  await rollback(lake.project, 1, quietly())
  expect(readFileSync(lake.path('workingArea', 'processed', 'employees2.csv.2.csv'), 'utf8')).toBe('my work\n')
})

test('a rollback over a compaction gives the files back as they were', async () => {
  const lake = await twoVersions()
  const second = await content(lake)
  await compact(lake.project, null, quietly())
  await rollback(lake.project, 2, quietly())
  expect(await content(lake)).toEqual(second)
  expect(await lake.findings()).toEqual([])
  expect(await lake.run()).toMatchObject({ isNewVersion: false })
})

test('today’s config must fit the rows of the old version, or nothing is changed', async () => {
  const config = (type: string) => ({
    name: 'x',
    tables: { t: { files: ['*.csv'], columns: { id: { type } }, primaryKey: ['id'] } },
  })
  const lake = await tempLake({ config: config('integer'), uploads: { 'a.csv': '1\n' } })
  await lake.run()
  await rollback(lake.project, 0, quietly())
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config('string')))
  await lake.drop({ 'b.csv': 'one\n' })
  await lake.run()
  await expect(rollback(lake.project, 1, quietly())).rejects.toMatchObject({ code: 'CONTRACT_CONFLICT' })
  expect(await lake.query('from dw.t select id')).toEqual([['one']])
  expect(await lake.findings()).toEqual([])
})

test('a rollback that was killed after its commit is finished by the next run', async () => {
  const lake = await twoVersions()
  const path = lake.path('quarantine', 'employees', 'employees2.csv.2.csv')
  await rename(path, `${path}.kept`)
  await mkdir(path) // what cannot be taken away now
  const done = await rollback(lake.project, 1, quietly())
  expect(done?.problems).toHaveLength(1)
  expect(existsSync(lake.path('lake', 'staging', 'run-000003', 'delivery.json'))).toBe(true)
  await rename(path, `${path}.gone`)
  await rename(`${path}.kept`, path)
  await lake.run()
  expect(existsSync(path)).toBe(false)
  expect(await lake.findings()).toEqual([])
})
