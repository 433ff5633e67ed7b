import { existsSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { flipBit } from '../helpers/damage.ts'
import { usePreparedLake } from '../helpers/prepared-lake.ts'
import { droplake } from '../helpers/run-cli.ts'
import { PARENTS } from '../helpers/temp-lake.ts'

const T = '2021-07-01T10:00:00Z'

const twoVersions = usePreparedLake({ uploads: { ...PARENTS, 'employees.csv': `1,Ada,${T},1,1\n` } }, async (lake) => {
  const clock = () => new Date('2026-02-03T04:05:06Z')
  await lake.run({ clock })
  await lake.drop({ 'employees2.csv': `2,Bob,${T},2,1\n3,,${T},1,1\n` })
  await lake.run({ clock })
})

test('verify prints a table of what was looked at, and a line per finding with exit code 1', async () => {
  const lake = await twoVersions()
  const whole = await droplake(lake.folder, 'verify')
  expect(whole.exitCode).toBe(0)
  expect(whole.stdout).toMatch(/^check +looked at +findings\n/)
  expect(
    whole.stdout.endsWith(
      `${lake.path('lake')}, version 2: whole, as far as the ledger tells; --deep reads all data, too.\n`,
    ),
  ).toBe(true)
  flipBit(lake.path('lake', 'dw', 'jobs', '000001.parquet'), 321)
  rmSync(lake.path('lake', 'app', 'hires_by_quarter', '000001.parquet'))
  const { exitCode, stdout } = await droplake(lake.folder, 'verify', '--deep')
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(
    /^data files: app\/hires_by_quarter\/000001\.parquet \(version 1\): it is not there\nchecksums: dw\/jobs\/000001\.parquet \(versions 1 to 2\): its bytes have SHA-256 [0-9a-f]{12}…; expected [0-9a-f]{12}…\n/,
  )
  expect(stdout).toContain('What can be made again: droplake repair --dry-run\n')
  const json = JSON.parse((await droplake(lake.folder, 'verify', '--json')).stdout) as { findings: unknown[] }
  expect(json).toMatchObject({ version: 2, deep: false })
  expect(json.findings).toEqual([
    {
      check: 'data files',
      file: 'app/hires_by_quarter/000001.parquet',
      versions: [{ first: 1, last: 1 }],
      message: 'it is not there',
      remedy: 'repair',
    },
  ])

  const dry = await droplake(lake.folder, 'repair', '--dry-run')
  expect([dry.exitCode, dry.stdout]).toEqual([
    0,
    'would repair dw/jobs/000001.parquet: it is made again, if that can be done exactly (versions 1 to 2)\nwould repair app/hires_by_quarter/000001.parquet: it is made again, if that can be done exactly (version 1)\n',
  ])
  const repaired = await droplake(lake.folder, 'repair')
  expect([repaired.exitCode, repaired.stdout]).toEqual([
    0,
    'repaired dw/jobs/000001.parquet: it was made again from ODS, with the same bytes\nrepaired app/hires_by_quarter/000001.parquet: it was made again from its SQL, with the same bytes\nRun 3. Look again: droplake verify --deep\n',
  ])
  expect((await droplake(lake.folder, 'verify', '--deep')).exitCode).toBe(0)
})

test('history, query --at and diff show older versions', async () => {
  const lake = await twoVersions()
  expect((await droplake(lake.folder, 'history')).stdout).toBe(
    `version  made (UTC)           run  command  departments  employees  jobs  state
-------  -------------------  ---  -------  -----------  ---------  ----  -----
2        2026-02-03 04:05:06  2    run                3          2     2
1        2026-02-03 04:05:06  1    run                3          1     2
`,
  )
  expect(
    (await droplake(lake.folder, 'query', '--at', '1', '--format', 'csv', 'from dw.employees select employee_id'))
      .stdout,
  ).toBe('employee_id\n1\n')
  expect((await droplake(lake.folder, 'diff', '1', '2', 'employees')).stdout).toBe(
    `dw.employees from version 1 to 2: 1 added, 0 removed, 0 changed (by employee_id)

added:
employee_id  employee_name  hiring_date          department_id  job_id
-----------  -------------  -------------------  -------------  ------
2            Bob            2021-07-01 10:00:00  2              1
`,
  )
  expect(JSON.parse((await droplake(lake.folder, 'diff', '2', '1', 'employees', '--json')).stdout)).toMatchObject({
    added: 0,
    removed: 1,
  })
  const wrong = await droplake(lake.folder, 'query', '--at', 'last', 'select 1')
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    2,
    'error USAGE: "last" is no number of a version; expected one such as 41\ntry: List the versions with: droplake history\n',
  ])
  const later = await droplake(lake.folder, 'diff', '1', '9', 'employees')
  expect([later.exitCode, later.stderr]).toEqual([
    2,
    'error VERSION_NOT_FOUND: there is no version 9; the newest is 2\ntry: List the versions with: droplake history\n',
  ])
})

test('rollback, compact and vacuum tell what they would do, ask, and do it with --yes', async () => {
  const lake = await twoVersions()
  const plan = `From version 2 to the content of version 1, as version 3:
  runs undone: 2
  data files: 6 go out of it, 3 come back (all stay on disk)
  uploads whose content is no duplicate any more: 1
`
  expect((await droplake(lake.folder, 'rollback', '1', '--dry-run')).stdout).toBe(plan)
  const unasked = await droplake(lake.folder, 'rollback', '1')
  expect([unasked.exitCode, unasked.stderr]).toEqual([
    2,
    `${plan}error USAGE: nobody can be asked here whether to go on; nothing was changed\ntry: Say --yes to do it, or --dry-run to see what it would do.\n`,
  ])
  const compacted = await droplake(lake.folder, 'compact')
  expect(compacted.stdout).toBe(
    `layer  table      files that become one  rows
-----  ---------  ---------------------  ----
dw     employees                      2     2
Version 3 has the same rows in fewer files (run 3).
`,
  )
  const done = await droplake(lake.folder, 'rollback', '1', '--yes')
  expect([done.exitCode, done.stdout]).toEqual([
    0,
    'Rolled back: version 4 has the content of version 1 (run 4).\nThese can be dropped again: employees2.csv\n',
  ])
  expect((await droplake(lake.folder, 'rollback', '1', '--yes')).stdout).toBe(
    'The lake has the content of version 1 already.\n',
  )
  const dry = await droplake(lake.folder, 'vacuum', '--keep', '1', '--dry-run')
  expect(dry.stdout).toMatch(
    /^ {2}\S+\.parquet\n(?:.*\n)*7 data files \([\d,]+ bytes\) would go; versions 4 to 4 can be read\.\n$/,
  )
  expect(existsSync(lake.path('lake', 'dw', 'employees', '000002.parquet'))).toBe(true)
  const vacuumed = await droplake(lake.folder, 'vacuum', '--keep', '1', '--yes', '--json')
  expect(JSON.parse(vacuumed.stdout)).toMatchObject({ done: { runId: 5, version: 4, plan: { oldestVersion: 4 } } })
  expect(existsSync(lake.path('lake', 'dw', 'employees', '000002.parquet'))).toBe(false)
  const gone = await droplake(lake.folder, 'query', '--at', '2', 'select 1')
  expect([gone.exitCode, gone.stderr]).toEqual([
    2,
    'error VERSION_VACUUMED: version 2 can no longer be read: a vacuum has taken its data files away; the oldest that can be read is 4\ntry: List the versions with: droplake history\n',
  ])
  expect(await lake.findings()).toEqual([])
})
