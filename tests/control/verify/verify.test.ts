import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Engine } from '../../../core/engine.ts'
import { raw, sql } from '../../../core/sql.ts'
import { verify } from '../../../pipeline/verify/index.ts'
import { damageCatalog, flipBit, tamper } from '../../helpers/damage.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { PARENTS, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const employees = (from: number, to: number) =>
  Array.from(
    { length: to - from },
    (_, index) => `${from + index},Name ${from + index},2021-07-01T10:00:00Z,1,1\n`,
  ).join('')

/** A lake of three versions, with good and refused records, and a duplicate. */
const threeVersions = usePreparedLake(
  { uploads: { ...PARENTS, 'employees1.csv': `${employees(1, 50)}99,,x,9,9\n` } },
  async (lake) => {
    await lake.run()
    await lake.drop({ 'employees2.csv': employees(50, 80), 'employees3.csv': employees(1, 3) })
    await lake.run()
    await lake.drop({
      'employees4.csv': employees(80, 81),
      'employees2b.csv': employees(50, 80),
      'departments9.csv': '',
    })
    await lake.run()
  },
)

test('a whole lake has no findings, and the report says what was looked at', async () => {
  const lake = await threeVersions()
  const report = await verify(lake.project, { deep: true })
  expect(report.findings).toEqual([])
  expect(report).toMatchObject({ version: 3, oldestVersion: 0, deep: true })
  expect(report.checks.map(({ check, examined }) => [check, examined])).toEqual([
    ['catalogs', '4 catalogs'],
    ['ledger', '3 runs, 21 data files'],
    ['conservation', '8 uploads of 3 runs'],
    ['data files', '21 data files'],
    ['unreferenced', '21 files in 7 layers, 0 run folders'],
    ['checksums', expect.stringMatching(/^21 data files, [\d,]+ bytes$/)],
    ['views', '12 views'],
    ['records', '6 uploads in 3 tables'],
    ['types', '5 data files'],
    ['rules', '3 tables'],
    ['history', '0 tables'],
    ['origins', '3 tables'],
    ['marts', '3 marts'],
  ])
})

/** `DROPLAKE_FLIPS=1000` for a longer look. */
const FLIPS = Number(process.env.DROPLAKE_FLIPS ?? 200)

test(`each of ${FLIPS} bits that flip in Parquet files is found, with the file and its versions`, async () => {
  const lake = await threeVersions()
  const files = (await lake.list('lake')).filter((path) => path.endsWith('.parquet'))
  let seed = 4242
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed % below
  }
  // Found one by one: a finding must name its own file, not stand for another one's.
  for (let round = 0; round < FLIPS; round += files.length) {
    const damaged = files.slice(0, Math.min(files.length, FLIPS - round))
    const bits = damaged.map((path) => random(statSync(lake.path('lake', path)).size * 8))
    flipAll(lake, damaged, bits)
    const { findings } = await verify(lake.project, { deep: true })
    const found = findings.filter((finding) => finding.check === 'checksums')
    expect(found.map((finding) => finding.file).sort()).toEqual(damaged)
    for (const finding of found) expect(finding.versions[0]?.first).toBeGreaterThan(0)
    flipAll(lake, damaged, bits)
  }
  expect(await lake.findings()).toEqual([])
})

function flipAll(lake: TempLake, paths: readonly string[], bits: readonly number[]): void {
  for (const [index, path] of paths.entries()) flipBit(lake.path('lake', path), bits[index] ?? 0)
}

test('a data file that is cut short or gone is found without --deep, also one that only an older version needs', async () => {
  const lake = await threeVersions()
  const size = statSync(lake.path('lake', 'dw', 'employees', '000002.parquet')).size
  truncateSync(lake.path('lake', 'dw', 'employees', '000002.parquet'), 100)
  rmSync(lake.path('lake', 'app', 'hires_by_quarter', '000001.parquet'))
  const { findings } = await verify(lake.project, { deep: false })
  expect(findings).toEqual([
    {
      check: 'data files',
      file: 'app/hires_by_quarter/000001.parquet',
      versions: [{ first: 1, last: 1 }],
      message: 'it is not there',
      remedy: 'repair',
    },
    {
      check: 'data files',
      file: 'dw/employees/000002.parquet',
      versions: [{ first: 2, last: 3 }],
      message: `it has 100 bytes; expected ${size}`,
      remedy: 'repair',
    },
  ])
})

test('catalogs: damaged ones, a lake.duckdb that is gone or old, and none at all', async () => {
  const lake = await threeVersions()
  const catalog = lake.path('lake', 'lake.duckdb')
  const whole = readFileSync(catalog)
  damageCatalog(catalog)
  expect(await lake.findings(false)).toEqual([expect.stringMatching(/^catalogs: lake\.duckdb: it cannot be read: /)])
  rmSync(catalog)
  expect(await lake.findings(false)).toEqual(['catalogs: lake.duckdb: it is not there'])
  writeFileSync(catalog, readFileSync(lake.path('lake', 'history', '000002.duckdb')))
  expect(await lake.findings(false)).toEqual(['catalogs: lake.duckdb: it shows version 2; the newest is 3'])
  writeFileSync(catalog, whole)
  damageCatalog(lake.path('lake', 'history', '000001.duckdb'))
  damageCatalog(lake.path('lake', 'history', '000003.duckdb'))
  expect(await lake.findings(false)).toEqual([
    expect.stringMatching(/^catalogs: history\/000001\.duckdb: it cannot be read: /),
    expect.stringMatching(/^catalogs: history\/000003\.duckdb: it cannot be read: /),
  ])
  writeFileSync(catalog, readFileSync(lake.path('lake', 'history', '000002.duckdb')))
  expect(await lake.findings(false)).toHaveLength(2)
  writeFileSync(catalog, whole)
  damageCatalog(lake.path('lake', 'history', '000002.duckdb'))
  expect((await lake.findings(false)).filter((finding) => finding.startsWith('catalogs'))).toHaveLength(3)
  damageCatalog(catalog)
  await expect(lake.findings(false)).rejects.toMatchObject({ code: 'LAKE_DAMAGED' })
  await expect((await tempLake()).findings()).rejects.toMatchObject({ code: 'LAKE_NOT_FOUND' })
})

test('what people write into lake.duckdb beside our tables is no finding; a change of ours is', async () => {
  const lake = await threeVersions()
  const write = async (statement: string) => {
    const engine = await Engine.open({ path: lake.path('lake', 'lake.duckdb') })
    await engine.run(raw(statement))
    engine.close()
  }
  await write('create table main.mine as select 42 as answer')
  const report = await verify(lake.project, { deep: false })
  expect(report.findings).toEqual([])
  expect(report.checks[0]?.notes).toEqual([
    'lake.duckdb: someone has written into it; what droplake put there is unchanged',
  ])
  await write("update control.runs set status = 'failed' where run_id = 1; drop view dw.jobs")
  expect(await lake.findings(false)).toEqual([
    'catalogs: lake.duckdb: it differs from history/000003.duckdb in control.runs, dw.jobs',
  ])
})

test.each([
  ["update control.runs set status = 'done' where run_id = 2", /^ledger: run 2 is "done" with no cause and an end/],
  ['delete from control.runs where run_id = 2', /^ledger: run 2 is in control\.runs 0 times; expected/],
  ['update control.runs set version = 9 where run_id = 2', /^ledger: run 2 has version 9 after version 1; expected/],
  ['update control.lake set version = 2', /^ledger: the lake says version 2, but its newest committed run 3/],
  [
    "update control.files set loaded = loaded - 1 where name = 'jobs.csv'",
    /^conservation: "jobs\.csv" of run 1: 2 records, but 1 are accounted for$/,
  ],
  [
    'update control.runs set quarantined = 7 where run_id = 1',
    /^conservation: run 1: its files, refused, .* are \[3, 0, 0, 55, 54, 0, 0, 7\]; its uploads add up to \[3, 0, 0, 55, 54, 0, 0, 1\]$/,
  ],
  [
    "update control.data_files set rows = 3 where layer = 'dw' and table_name = 'jobs'",
    /^conservation: table jobs: its live data files have 3 rows .* expected 2 and 0/,
  ],
  [
    "update control.data_files set removed_in = 3 where layer = 'dw' and table_name = 'jobs'",
    /^conservation: table jobs: .* have 0 rows/,
  ],
  [
    "update control.data_files set removed_in = null, added_in = 2 where layer = 'app' and added_in = 3",
    /^ledger: app\/.*: the mart is of version 2, but dw\.employees, which it reads, has changed in version 3$/,
  ],
])('a ledger that is not honest is found: %s', async (lie, expected) => {
  const lake = await threeVersions()
  await tamper(lake, lie)
  expect(await lake.findings(false)).toContainEqual(expect.stringMatching(expected))
})

test('rows that are not what the ledger says of their upload are found, though each file is as recorded', async () => {
  const lake = await threeVersions()
  await tamper(
    lake,
    `update control.files set loaded = loaded + 5, quarantined = quarantined - 5, name = name where name = 'employees1.csv';
     update control.files set loaded = loaded - 5, quarantined = quarantined + 5 where name = 'employees2.csv'`,
  )
  const findings = await lake.findings()
  expect(findings.filter((finding) => finding.startsWith('records'))).toEqual([
    'records: table employees, upload "employees1.csv": 49 rows and 1 refused records; expected 54 and -4',
    'records: table employees, upload "employees2.csv": 30 rows and 0 refused records; expected 25 and 5',
  ])
})

test('a mart whose rows are not those of its SQL is found; one whose SQL has changed is passed over', async () => {
  const lake = await threeVersions()
  const path = lake.path('lake', 'app', 'hires_by_quarter', '000003.parquet')
  const engine = await Engine.open({ path: ':memory:' })
  await engine.run(raw(`create table m as from '${path}'; update m set q3 = 999; copy m to '${path}' (format parquet)`))
  engine.close()
  expect(await lake.findings()).toContainEqual(
    'marts: app/hires_by_quarter/000003.parquet: its SQL gives 1 rows that it has not, and not 1 rows that it has',
  )
  await writeFile(
    lake.path('pipeline', 'app', 'marts', 'hires_by_quarter.sql'),
    "select 'one' as department, 'two' as job",
  )
  const report = await verify(lake.project, { deep: true })
  expect(report.findings.filter((finding) => finding.check === 'marts')).toEqual([])
  expect(report.checks.at(-1)?.notes).toEqual([
    'app.hires_by_quarter: its SQL, its tests, its parameters or the contracts have changed since it was made; the next run makes it anew',
  ])
})

test('what lies in the lake and belongs to nothing is found; what a run at work writes is not', async () => {
  const lake = await threeVersions()
  await writeFile(lake.path('lake', 'dw', 'jobs', 'mine.parquet'), 'x')
  await writeFile(lake.path('lake', 'dw', 'jobs', '000004.parquet'), 'x')
  await writeFile(lake.path('lake', 'history', '000004.duckdb.part'), 'x')
  const note = async (processId: number) => {
    await mkdir(lake.path('lake', 'staging', 'run-000004'), { recursive: true })
    const text = JSON.stringify({ runId: 4, startedAt: new Date().toISOString(), processId })
    await writeFile(lake.path('lake', 'staging', 'run-000004', 'run.json'), text)
  }
  await note(2 ** 22 + 1)
  expect(await lake.findings(false)).toEqual([
    'unreferenced: dw/jobs/000004.parquet: run 4 was interrupted and left it',
    'unreferenced: dw/jobs/mine.parquet: no run knows it; expected only files that the ledger has',
    'unreferenced: staging/run-000004: run 4 was cut short; what it left is finished or undone by the next run',
    'unreferenced: history/000004.duckdb.part: it was half written when its process ended',
  ])
  // This process lives, but holds no lock: it is not the run.
  await note(process.pid)
  expect(await lake.findings(false)).toHaveLength(4)
  const holder = await Engine.open({ path: ':memory:' })
  await holder.run(sql`attach ${raw(`'${lake.path('lake', 'lock.duckdb')}'`)} as held`)
  expect(await lake.findings(false)).toEqual([
    'unreferenced: dw/jobs/mine.parquet: no run knows it; expected only files that the ledger has',
  ])
  holder.close()
  rmSync(lake.path('lake', 'dw', 'jobs', 'mine.parquet'))
  await note(2 ** 22 + 1)
  await lake.run()
  expect(await lake.findings()).toEqual([])
})

test('looking while runs are at work finds nothing', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  let isRunning = true
  const runs = (async () => {
    for (let number = 0; number < 12; number++) {
      await lake.drop({ [`employees${number}.csv`]: employees(number * 10, number * 10 + 10) })
      await lake.run()
    }
    isRunning = false
  })()
  const findings: string[][] = []
  while (isRunning) findings.push(await lake.findings(findings.length % 3 === 0))
  await runs
  expect(findings.length).toBeGreaterThan(5)
  expect(findings.flat()).toEqual([])
})

test('a lake that was moved is told, and mended by a run', async () => {
  const lake = await threeVersions()
  const config = JSON.parse(await lake.read('pipeline_config.json')) as { paths: Record<string, string> }
  config.paths.lake = 'elsewhere'
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  await rename(lake.path('lake'), lake.path('elsewhere'))
  expect(await lake.findings()).toEqual([
    `catalogs: the lake was moved from "${lake.path('lake')}", and its views still point there`,
  ])
  await lake.run()
  expect(await lake.findings()).toEqual([])
})
