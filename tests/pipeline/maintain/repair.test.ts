import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Engine } from '../../../core/engine.ts'
import { raw } from '../../../core/sql.ts'
import { compact } from '../../../pipeline/maintain/compact.ts'
import { planRepair, repair } from '../../../pipeline/maintain/repair/index.ts'
import { damageCatalog, flipBit } from '../../helpers/damage.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { snapshot } from '../../helpers/snapshot.ts'
import { PARENTS, REPOSITORY, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const T = '2021-07-01T10:00:00Z'

const UPLOADS = ['departments.csv', 'jobs.csv', 'employees.csv'].map((name) => [
  name,
  readFileSync(join(REPOSITORY, 'samples', 'hires', name)),
])

/** The samples in one version, and a little more in a second one. */
const samples = usePreparedLake({ uploads: Object.fromEntries(UPLOADS) }, async (lake) => {
  await lake.run()
  await lake.drop({ 'employees2.csv': `99998,Ada,${T},1,1\n99999,,${T},1,1\n` })
  await lake.run()
})

const file = (lake: TempLake, path: string) => lake.path('lake', ...path.split('/'))

test('a whole lake has nothing to repair, and no run is made', async () => {
  const lake = await samples()
  const nothing = { steps: [], unrepaired: [], runId: null, problems: [] }
  expect(await planRepair(lake.project)).toEqual({ dryRun: true, ...nothing })
  expect(await repair(lake.project, quietly())).toEqual({ dryRun: false, ...nothing })
  expect(await lake.query('select count(*) from control.runs')).toEqual([['2']])
})

test('tables are made again from ODS and marts from their SQL, with the very bytes that were recorded, for all versions', async () => {
  const lake = await samples()
  const before = await snapshot(lake)
  const broken = [
    'dw/departments/000001.parquet',
    'dw/employees/000001.parquet',
    'dw/employees/000002.parquet',
    'app/hires_by_quarter/000001.parquet',
    'app/hires_by_quarter/000002.parquet',
  ]
  const bytes = broken.map((path) => readFileSync(file(lake, path)))
  flipBit(file(lake, broken[0] ?? ''), 999)
  flipBit(file(lake, broken[1] ?? ''), 77_777)
  truncateSync(file(lake, broken[2] ?? ''), 50)
  rmSync(file(lake, broken[3] ?? ''))
  writeFileSync(file(lake, broken[4] ?? ''), 'no Parquet')
  expect((await planRepair(lake.project)).steps.map((step) => step.file)).toEqual(broken)
  const report = await repair(lake.project, quietly())
  expect(report).toMatchObject({ unrepaired: [], runId: 3, problems: [] })
  expect(report.steps.map((step) => `${step.file}: ${step.what}`)).toEqual(
    broken.map(
      (path) =>
        `${path}: it was made again ${path.startsWith('dw') ? 'from ODS' : 'from its SQL'}, with the same bytes`,
    ),
  )
  for (const [index, path] of broken.entries())
    expect(readFileSync(file(lake, path)).equals(bytes[index] ?? Buffer.of()), path).toBe(true)
  expect(await lake.findings()).toEqual([])
  expect(await snapshot(lake)).toEqual(before)
  expect(await lake.query('select run_id, version, command from control.runs where run_id = 3')).toEqual([
    ['3', '2', 'repair'],
  ])
})

test('a table whose bytes come out otherwise is replaced in a new version, with the same rows and lineage', async () => {
  const lake = await samples()
  const rows = () => lake.query('from dw.employees order by all')
  const before = await rows()
  const path = 'dw/employees/000001.parquet'
  // As another release of the engine might have written it: the ledger has other bytes on record.
  const engine = await Engine.open({ path: ':memory:' })
  await engine.run(
    raw(`copy (from '${file(lake, path)}') to '${file(lake, path)}.new' (format parquet, compression gzip)`),
  )
  engine.close()
  const { tamper } = await import('../../helpers/damage.ts')
  const { hashFile } = await import('../../../core/durable-files.ts')
  await tamper(
    lake,
    `update control.data_files set sha256 = '${await hashFile(`${file(lake, path)}.new`)}' where path = '${path}'`,
  )
  rmSync(`${file(lake, path)}.new`)
  const report = await repair(lake.project, quietly())
  expect(report.steps).toEqual([
    {
      file: path,
      what: 'dw/employees/000003-repair-1.parquet takes its place, made from ODS; older versions still have the damaged one',
    },
  ])
  expect(await rows()).toEqual(before)
  expect(await lake.query('select version from control.lake')).toEqual([['3']])
  expect(await lake.run()).toMatchObject({ isNewVersion: false }) // the marts have come along
  expect(await lake.findings()).toEqual([expect.stringContaining(`checksums: ${path}: `)]) // versions 1 and 2
})

test('a table is not made again over a changed config unless its bytes come out the same', async () => {
  const lake = await samples()
  const config = JSON.parse(await lake.read('pipeline_config.json'))
  config.tables.departments.columns.department_name.maxLength = 99
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  flipBit(file(lake, 'dw/departments/000001.parquet'), 99)
  expect((await repair(lake.project, quietly())).unrepaired).toEqual([])
  config.tables.departments.columns.department_name.type = 'string'
  config.tables.departments.columns.extra = { type: 'string', required: false }
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  flipBit(file(lake, 'dw/departments/000001.parquet'), 99)
  expect((await repair(lake.project, quietly())).unrepaired).toEqual([
    {
      file: 'dw/departments/000001.parquet',
      why: 'from ODS it does not come out with the same bytes, and the config has changed since',
    },
  ])
})

test('what lies lowest cannot be made again, and the report says where its upload is', async () => {
  const lake = await samples()
  const [ods = ''] = (await lake.list('lake', 'ods', 'departments')).map((name) => `ods/departments/${name}`)
  flipBit(file(lake, ods), 99)
  flipBit(file(lake, 'rejects/employees/000001.parquet'), 99)
  flipBit(file(lake, 'dw/employees/000001.parquet'), 99)
  const report = await repair(lake.project, quietly())
  expect(report.steps).toEqual([])
  expect(report.unrepaired).toEqual([
    {
      file: ods,
      why: 'it is the lowest layer; its uploads: "departments.csv" is whole in processed/departments.csv; roll back to before run 1 and drop them again',
    },
    {
      file: 'rejects/employees/000001.parquet',
      why: 'the reasons of refused records are kept nowhere else; roll back to before its run and drop its uploads again',
    },
    {
      file: 'dw/employees/000001.parquet',
      why: '"rejects/employees/000001.parquet", from which its rows would come, is damaged, too',
    },
  ])
  expect(
    (await lake.findings()).filter(
      (finding) => !finding.startsWith('checksums') && !finding.startsWith('views') && !finding.startsWith('records'),
    ),
  ).toEqual([])
})

test('compacted files are made again from the files they were made of', async () => {
  const lake = await samples()
  await compact(lake.project, null, quietly())
  flipBit(file(lake, 'dw/employees/000003-compact-1.parquet'), 5000)
  flipBit(file(lake, 'rejects/employees/000003-compact-2.parquet'), 500)
  const report = await repair(lake.project, quietly())
  expect(report.steps.map((step) => step.what)).toEqual([
    'it was made again from the files it was compacted from, with the same bytes',
    'it was made again from the files it was compacted from, with the same bytes',
  ])
  expect(await lake.findings()).toEqual([])
})

test('catalogs are made again from each other; what people made in lake.duckdb does not get into the history', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  await lake.drop({ 'jobs2.csv': '9,Cook\n' })
  await lake.run()
  const catalog = lake.path('lake', 'lake.duckdb')
  const newest = lake.path('lake', 'history', '000002.duckdb')
  damageCatalog(catalog)
  expect((await repair(lake.project, quietly())).steps).toEqual([
    { file: 'lake.duckdb', what: 'it is copied from history/000002.duckdb' },
  ])
  // `toEqual` goes through the millions of bytes one by one.
  expect(readFileSync(catalog).equals(readFileSync(newest))).toBe(true)

  const theirs = await Engine.open({ path: catalog })
  await theirs.run(
    raw(
      'create table main.mine as select 42 as answer; create table dw.more as select 1 as x; create view main.v as from main.mine',
    ),
  )
  theirs.close()
  damageCatalog(newest)
  damageCatalog(lake.path('lake', 'history', '000001.duckdb'))
  await expect(lake.run()).rejects.toMatchObject({ code: 'LAKE_DAMAGED' })
  expect((await planRepair(lake.project)).steps).toEqual([
    { file: 'history/000001.duckdb', what: 'it is taken away; its version is read from the newest ledger' },
    { file: 'history/000002.duckdb', what: 'it is made again from lake.duckdb' },
  ])
  await repair(lake.project, quietly())
  expect(await lake.findings()).toEqual([])
  const engine = await Engine.open({ path: newest, readOnly: true })
  expect(await engine.rows(raw("select table_name from duckdb_tables() where schema_name <> 'control'"))).toEqual([])
  engine.close()
  expect(await lake.run()).toMatchObject({ runId: 3, version: 2 })

  rmSync(lake.path('lake', 'history'), { recursive: true })
  await repair(lake.project, quietly())
  expect(await lake.findings()).toEqual([])
  writeFileSync(catalog, '')
  damageCatalog(newest)
  await expect(repair(lake.project, quietly())).rejects.toMatchObject({ code: 'LAKE_DAMAGED' })
})

test('a newest catalog whose copy is of an older version is told, and nothing is done', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  const old = readFileSync(lake.path('lake', 'lake.duckdb'))
  await lake.drop({ 'jobs2.csv': '9,Cook\n' })
  await lake.run()
  writeFileSync(lake.path('lake', 'lake.duckdb'), old)
  damageCatalog(lake.path('lake', 'history', '000002.duckdb'))
  expect(await repair(lake.project, quietly())).toMatchObject({
    steps: [],
    unrepaired: [
      {
        file: 'history/000002.duckdb',
        why: 'it is the newest ledger, and lake.duckdb, the only copy of it, is of version 1; put the file back from a backup of yours',
      },
    ],
  })
})
