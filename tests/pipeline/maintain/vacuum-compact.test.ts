import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { queryVersion } from '../../../control/query-lake.ts'
import { diffVersions } from '../../../control/versions/diff-versions.ts'
import { listVersions } from '../../../control/versions/list-versions.ts'
import { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'
import { compact, planCompaction } from '../../../pipeline/maintain/compact.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { parseKeep, planVacuum, vacuum } from '../../../pipeline/maintain/vacuum.ts'
import { flipBit } from '../../helpers/damage.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { PARENTS, type TempLake } from '../../helpers/temp-lake.ts'

const T = '2021-07-01T10:00:00Z'
const day = (number: number) => new Date(Date.UTC(2026, 0, number, 12))

/** Five versions, one a day, with a good and a refused employee each. */
const fiveVersions = usePreparedLake({ uploads: PARENTS }, async (lake) => {
  for (let number = 1; number <= 5; number++) {
    await lake.drop({ [`employees${number}.csv`]: `${number},Ada,${T},1,1\n${number + 100},,${T},1,1\n` })
    await lake.run({ clock: () => day(number) })
  }
})

const parquet = async (lake: TempLake, ...names: string[]) =>
  (await lake.list('lake', ...names)).filter((path) => path.endsWith('.parquet'))

test('compact makes one file of many: the same rows in the same order with their lineage, and the marts as they are', async () => {
  const lake = await fiveVersions()
  const read = () =>
    Promise.all([
      lake.query('from dw.employees'),
      lake.query('from quarantine.employees'),
      lake.query('from app.hires_by_quarter'),
    ])
  const before = await read()
  expect(
    (await planCompaction(lake.project, 'employees')).map(({ layer, files, rows }) => [layer, files.length, rows]),
  ).toEqual([
    ['dw', 5, 5],
    ['rejects', 5, 5],
  ])
  expect(await compact(lake.project, null, quietly())).toMatchObject({ runId: 6, version: 6, problems: [] })
  expect(await read()).toEqual(before)
  expect(
    await lake.query(
      "select path, rows from control.data_files where removed_in is null and table_name = 'employees' and layer <> 'ods' order by path",
    ),
  ).toEqual([
    ['dw/employees/000006-compact-1.parquet', '5'],
    ['rejects/employees/000006-compact-2.parquet', '5'],
  ])
  expect(await lake.findings()).toEqual([])
  expect(await compact(lake.project, null, quietly())).toBeNull()
  expect(await diffVersions(lake.project, 5, 6, 'employees', 5)).toMatchObject({ added: 0, removed: 0, changed: 0 })
  expect(await lake.run()).toMatchObject({ version: 6, isNewVersion: false })
  // Life goes on over compacted files: keys are known, files add up.
  await lake.drop({ 'employees9.csv': `3,Again,${T},1,1\n9,New,${T},1,1\n` })
  await lake.run()
  expect(await lake.query("select _reason from quarantine.employees where _file = 'employees9.csv'")).toEqual([
    ['employee_id "3" is in employees already (employees3.csv:1)'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('compact does not copy damage into new files', async () => {
  const lake = await fiveVersions()
  flipBit(lake.path('lake', 'dw', 'employees', '000003.parquet'), 100)
  await expect(compact(lake.project, null, quietly())).rejects.toMatchObject({
    code: 'LAKE_DAMAGED',
    message: '"dw/employees/000003.parquet" does not have the bytes that were recorded',
  })
  flipBit(lake.path('lake', 'dw', 'employees', '000003.parquet'), 100)
  expect(await lake.query('select status, command from control.runs where run_id = 6')).toEqual([['failed', 'compact']])
  expect(await lake.findings()).toEqual([])
})

test('vacuum takes away what no kept version needs, and says of older versions that they can no longer be read', async () => {
  const lake = await fiveVersions()
  await compact(
    lake.project,
    null,
    quietly(() => day(6)),
  )
  const before = await parquet(lake)
  const plan = await planVacuum(lake.project, { versions: 2 }, day(7))
  expect(plan).toMatchObject({ oldestVersion: 5, newestVersion: 6 })
  expect(await parquet(lake)).toEqual(before) // planning changes nothing
  const done = await vacuum(lake.project, { versions: 2 }, quietly())
  expect(done).toMatchObject({ runId: 7, version: 6, problems: [] })
  const gone = before.filter((path) => !existsSync(lake.path('lake', path)))
  expect(gone.sort()).toEqual(plan.files.map((file) => file.path).sort())
  expect(gone).toHaveLength(12) // three marts of versions 1 to 4
  expect(await lake.findings()).toEqual([])
  const count = (version: number) =>
    queryVersion(lake.project, version, 'from app.hires_by_quarter', async (result) => {
      let rows = 0
      for await (const chunk of result.chunks) rows += chunk.rowCount
      return rows
    })
  expect(await count(5)).toBe(1)
  const vacuumed = {
    code: 'VERSION_VACUUMED',
    message:
      'version 4 can no longer be read: a vacuum has taken its data files away; the oldest that can be read is 5',
  }
  await expect(count(4)).rejects.toMatchObject(vacuumed)
  await expect(rollback(lake.project, 4, quietly())).rejects.toMatchObject(vacuumed)
  await expect(diffVersions(lake.project, 4, 6, 'employees', 1)).rejects.toMatchObject(vacuumed)
  expect((await listVersions(lake.project, 9)).map((entry) => [entry.version, entry.isReadable])).toEqual(
    [6, 5, 4, 3, 2, 1].map((version) => [version, version >= 5]),
  )
  expect((await lake.list('lake', 'history')).map((name) => Number.parseInt(name, 10))).toEqual([5, 6])
  expect(await vacuum(lake.project, { versions: 2 }, quietly())).toBeNull()
  await rollback(lake.project, 5, quietly())
  expect(await vacuum(lake.project, { versions: 1 }, quietly())).toMatchObject({ plan: { oldestVersion: 7 } })
  expect(await lake.findings()).toEqual([])
})

test('days are kept by when a version was the lake: the one at the beginning of the time stays, too', async () => {
  const lake = await fiveVersions()
  const oldest = async (days: number, now: Date) => (await planVacuum(lake.project, { days }, now)).oldestVersion
  expect(await oldest(2, day(5))).toBe(2) // since day 3 at noon: version 2 was the lake until then
  expect(await oldest(30, day(6))).toBe(0)
  expect(await oldest(1, day(20))).toBe(5) // the newest stays however old it is
  expect([parseKeep('30d'), parseKeep('7')]).toEqual([{ days: 30 }, { versions: 7 }])
  for (const text of ['', '0', '-1', '3h', '1.5d']) expect(() => parseKeep(text)).toThrow(/is no time to keep/)
})

test('a reader of a kept version, opened before the vacuum, reads on', async () => {
  const lake = await fiveVersions()
  await compact(lake.project, null, quietly())
  const kept = await Engine.open({ path: lake.path('lake', 'history', '000005.duckdb'), readOnly: true })
  const newest = await Engine.open({ path: lake.path('lake', 'lake.duckdb'), readOnly: true })
  try {
    await vacuum(lake.project, { versions: 2 }, quietly())
    for (const reader of [kept, newest]) {
      expect(await reader.row(sql`select count(*) as rows from dw.employees`)).toEqual({ rows: 5 })
      expect(await reader.row(sql`select q3 from app.hires_by_quarter`)).toEqual({ q3: 5 })
    }
  } finally {
    kept.close()
    newest.close()
  }
})

test('a vacuum that is cut short after its commit is finished by the next run', async () => {
  const lake = await fiveVersions()
  await vacuum(lake.project, { versions: 1 }, quietly())
  // As if it had been killed after the commit: its plan is there, and files that it lists.
  await mkdir(lake.path('lake', 'staging', 'run-000006'), { recursive: true })
  await writeFile(
    lake.path('lake', 'app', 'hires_by_quarter', '000001.parquet'),
    await readFile(lake.path('lake', 'app', 'hires_by_quarter', '000005.parquet')),
  )
  await writeFile(
    lake.path('lake', 'staging', 'run-000006', 'run.json'),
    '{"runId":6,"startedAt":"2026-01-01T00:00:00.000Z","processId":0}',
  )
  await writeFile(
    lake.path('lake', 'staging', 'run-000006', 'delivery.json'),
    JSON.stringify({
      moves: [],
      inbox: [],
      reports: [],
      goneMarts: [],
      deletions: ['app/hires_by_quarter/000001.parquet'],
    }),
  )
  expect(await lake.findings(false)).toEqual([
    'unreferenced: app/hires_by_quarter/000001.parquet: no kept version needs it; a vacuum was cut short',
    'unreferenced: staging/run-000006: run 6 was cut short; what it left is finished or undone by the next run',
  ])
  await lake.run()
  expect(await lake.findings()).toEqual([])
})
