import { existsSync, readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Engine } from '../../core/engine.ts'
import { sql } from '../../core/sql.ts'
import { unreferencedFiles } from '../helpers/snapshot.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

const employee = (id: number) => `${id},Ada,2021-07-01T10:00:00Z,1,1\n`

test('each run that changes data makes a version, and a run that changes none keeps it', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  expect(await lake.run()).toMatchObject({ runId: 1, version: 1, isNewVersion: true })
  expect(await lake.run()).toMatchObject({ runId: 2, version: 1, isNewVersion: false })
  await lake.drop({ 'employees.csv': employee(1) })
  expect(await lake.run()).toMatchObject({ runId: 3, version: 2, isNewVersion: true })
  expect(await lake.list('lake', 'history')).toEqual(['000001.duckdb', '000002.duckdb'])
  expect(await lake.query('select run_id, version, status from control.runs order by run_id')).toEqual([
    ['1', '1', 'committed'],
    ['2', '1', 'committed'],
    ['3', '2', 'committed'],
  ])
  expect(
    await lake.query(
      "select version, added_in, removed_in from control.data_files, control.lake where layer = 'app' order by all limit 2",
    ),
  ).toEqual([
    ['2', '1', '2'],
    ['2', '1', '2'],
  ])
})

test('lake.duckdb is the newest catalog, opens from anywhere, and shows the five schemas', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': employee(1) } })
  await lake.run()
  const [published, committed] = [['lake.duckdb'], ['history', '000001.duckdb']].map((names) =>
    readFileSync(lake.path('lake', ...names)),
  )
  // `toEqual` goes through the millions of bytes one by one.
  expect(published?.equals(committed ?? Buffer.of())).toBe(true)
  const engine = await Engine.open({ path: lake.path('lake', 'lake.duckdb'), readOnly: true })
  try {
    const schemas = await engine.rows(
      sql`select distinct schema_name as name from (select schema_name from duckdb_views() where not internal union all select schema_name from duckdb_tables()) order by name`,
    )
    expect(schemas.map((row) => row.name)).toEqual(['app', 'control', 'dw', 'ods', 'quarantine'])
    expect(await engine.row(sql`select department, job, q3 from app.hires_by_quarter`)).toEqual({
      department: 'Sales',
      job: 'Recruiter',
      q3: 1,
    })
  } finally {
    engine.close()
  }
})

test('a .wal that someone left beside lake.duckdb, and tables of their own, do not reach the next version', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  const theirs = await Engine.open({ path: lake.path('lake', 'lake.duckdb') })
  await theirs.run(sql`create table main.mine as select 42 as answer`)
  theirs.close()
  await writeFile(lake.path('lake', 'lake.duckdb.wal'), 'left by a killed process')
  await lake.drop({ 'employees.csv': employee(1) })
  await lake.run()
  expect(existsSync(lake.path('lake', 'lake.duckdb.wal'))).toBe(false)
  const engine = await Engine.open({ path: lake.path('lake', 'lake.duckdb'), readOnly: true })
  try {
    expect(await engine.rows(sql`select table_name from duckdb_tables() where schema_name = 'main'`)).toEqual([])
    expect(await engine.row(sql`select count(*) as rows from dw.employees`)).toEqual({ rows: 1 })
  } finally {
    engine.close()
  }
})

test('someone who has lake.duckdb open reads on undisturbed while a run commits', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': employee(1) } })
  await lake.run()
  const reader = await Engine.open({ path: lake.path('lake', 'lake.duckdb') })
  try {
    await lake.drop({ 'employees2.csv': employee(2) })
    expect(await lake.run()).toMatchObject({ version: 2 })
    expect(await reader.row(sql`select count(*) as rows from dw.employees`)).toEqual({ rows: 1 })
  } finally {
    reader.close()
  }
  expect(await lake.query('select count(*) from dw.employees')).toEqual([['2']])
})

test('the history keeps as many catalogs as the config says', async () => {
  const config = JSON.parse(readFileSync('pipeline_config.json', 'utf8')) as Record<string, unknown>
  const lake = await tempLake({ config: { ...config, marts: {}, history: { keepCatalogs: 2 } } })
  for (let id = 1; id <= 4; id++) {
    await lake.drop({ [`departments${id}.csv`]: `${id},Name ${id}\n` })
    await lake.run()
  }
  expect(await lake.list('lake', 'history')).toEqual(['000003.duckdb', '000004.duckdb'])
})

test('a run that fails commits nothing, leaves no file, keeps the uploads, and is noted as failed with its cause', async () => {
  const lake = await tempLake({
    config: {
      name: 'x',
      tables: { t: { files: ['*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] } },
      marts: { broken: { sql: 'broken.sql' } },
    },
    sql: { 'broken.sql': "select case when count(*) > 1 then error('two is too many') end as x from dw.t" },
    uploads: { 'one.csv': '1\n' },
  })
  await lake.run()
  await lake.drop({ 'two.csv': '2\n' })
  await expect(lake.run()).rejects.toMatchObject({ code: 'MART_INVALID' })
  expect(await lake.query('select run_id, version, status, error from control.runs order by run_id')).toEqual([
    ['1', '1', 'committed', 'null'],
    ['2', '1', 'failed', 'MART_INVALID: mart "broken" (broken.sql): Invalid Input Error: two is too many'],
  ])
  expect(await lake.query('from dw.t select id')).toEqual([['1']])
  expect(await unreferencedFiles(lake)).toEqual([])
  expect(await lake.list('workingArea', 'uploads')).toEqual(['two.csv'])
  expect(await lake.list('lake', 'staging')).toEqual([])
})

test('what an interrupted run left is taken away, and the run is noted as interrupted', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  await mkdir(lake.path('lake', 'staging', 'run-000002'), { recursive: true })
  await writeFile(
    lake.path('lake', 'staging', 'run-000002', 'run.json'),
    '{"runId":2,"startedAt":"2026-01-02T03:04:05.000Z","processId":1}',
  )
  await writeFile(lake.path('lake', 'dw', 'jobs', '000002.parquet'), 'half a file')
  const summary = await lake.run()
  expect(summary).toMatchObject({ runId: 3, recovered: { interrupted: [2], finished: [] } })
  expect(await lake.query('select run_id, status, started_at from control.runs where run_id = 2')).toEqual([
    ['2', 'interrupted', '2026-01-02 03:04:05'],
  ])
  expect(await unreferencedFiles(lake)).toEqual([])
  expect(await lake.list('lake', 'staging')).toEqual([])
})

test('a lake whose folder has pattern characters in its name does not read its neighbours', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  const inner = lake.path('a[x]*')
  const neighbour = lake.path('axz')
  const config = JSON.parse(readFileSync('pipeline_config.json', 'utf8')) as { paths: Record<string, string> }
  for (const folder of [inner, neighbour]) {
    config.paths.lake = folder
    await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
    await lake.drop(folder === inner ? { 'departments.csv': '1,Mine\n' } : { 'departments.csv': '1,Theirs\n' })
    await lake.run()
  }
  config.paths.lake = inner
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  expect(await lake.query('from dw.departments select department_name')).toEqual([['Mine']])
})

test('two runs in one process: the second one is told that the lake is busy', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  const [first, second] = await Promise.allSettled([lake.run(), lake.run()])
  const lost = [first, second].find((result) => result.status === 'rejected')
  expect([first, second].filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  expect(lost?.reason).toMatchObject({ code: 'LAKE_BUSY', exitCode: 75 })
})

test('things that are no files are refused without being opened or followed', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await mkdir(lake.path('workingArea', 'uploads', 'employees_folder.csv'))
  await symlink('/etc/passwd', lake.path('workingArea', 'uploads', 'employees_link.csv'))
  await writeFile(lake.path('workingArea', 'uploads', '.employees.csv.part'), 'a download under way')
  const summary = await lake.run()
  expect(
    summary.files.filter((file) => file.outcome === 'refused').map((file) => [file.file, file.reason?.split(':')[0]]),
  ).toEqual([
    ['employees_folder.csv', 'UPLOAD_NOT_A_FILE'],
    ['employees_link.csv', 'UPLOAD_NOT_A_FILE'],
  ])
  expect(await lake.list('workingArea', 'uploads')).toEqual(['.employees.csv.part'])
  expect(await lake.list('quarantine', 'files')).toEqual([
    'employees_folder.csv.reason.txt',
    'employees_link.csv',
    'employees_link.csv.reason.txt',
  ])
})

test('a damaged newest catalog is told, and nothing is changed', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  await writeFile(lake.path('lake', 'history', '000001.duckdb'), 'not a catalog')
  await expect(lake.run()).rejects.toMatchObject({ code: 'LAKE_DAMAGED', exitCode: 1 })
  expect(await lake.list('lake', 'dw')).toHaveLength(2)
})
