import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { verifyBackup } from '../../backup/index.ts'
import { backUp, restoreTable } from '../helpers/avro.ts'
import { DROPLAKE, droplake } from '../helpers/run-cli.ts'
import { snapshot } from '../helpers/snapshot.ts'
import { PARENTS, type TempLake, tempLake } from '../helpers/temp-lake.ts'

const T = '2021-07-27T16:02:08Z'

/** Kills of each command; more with DROPLAKE_KILL_CYCLES. */
const CYCLES = Math.max(1, Math.round(Number(process.env.DROPLAKE_KILL_CYCLES ?? 4) / 4))

const pricesConfig = (onConflict: string) => ({
  name: 'prices',
  tables: {
    prices: {
      files: ['prices*.csv'],
      columns: { id: { type: 'integer' }, price: { type: 'decimal(8,2)' } },
      primaryKey: ['id'],
      onConflict,
    },
  },
})

test.each(['history', 'update'])(
  'a table under onConflict %s comes back with its rows, their versions and lineage',
  async (onConflict) => {
    const lake = await tempLake({
      config: pricesConfig(onConflict),
      uploads: { 'prices1.csv': '1,1.50\n2,2.50\n3,3.50\n' },
    })
    await lake.run()
    await lake.drop({ 'prices2.csv': '2,2.75\n4,4.50\n' })
    await lake.run()
    const rows = await lake.query('from dw.prices order by all')
    const [backup] = await backUp(lake)
    expect(backup?.rows).toBe(onConflict === 'history' ? 5 : 4)
    await lake.drop({ 'prices3.csv': '1,9.99\n5,5.50\n' })
    await lake.run()
    await restoreTable(lake, 'prices')
    expect(await lake.query('from dw.prices order by all')).toEqual(rows)
    expect(await lake.findings()).toEqual([])
    const [again] = await backUp(lake)
    expect(again?.digest).toBe(backup?.digest)
    await lake.drop({ 'prices4.csv': '2,3.00\n' })
    await lake.run()
    expect(await lake.query('select count(*) from dw.prices')).toEqual([[onConflict === 'history' ? '6' : '4']])
    expect(await lake.findings()).toEqual([])
  },
)

test('empty tables are backed up and restored', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  const [, , employees] = await backUp(lake)
  expect(employees?.rows).toBe(0)
  await lake.drop({ 'employees.csv': `7,Ada,${T},1,1\n` })
  await lake.run()
  await restoreTable(lake, 'employees')
  expect(await lake.query('select count(*) from dw.employees')).toEqual([['0']])
  expect(await lake.findings()).toEqual([])
})

test('the commands: backup, list, verify, prune, restore, and what they answer to wrong words', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': `7,Ada,${T},1,1\n` } })
  await lake.run()
  const run = (...words: string[]) => droplake(lake.folder, ...words)
  expect((await run('backup', 'jobs', 'departments')).stdout).toContain('jobs.v1.avro')
  await lake.drop({ 'jobs2.csv': '9,Cook\n' })
  await lake.run()
  expect((await run('backup', '--all')).exitCode).toBe(0)
  const { stdout: listed } = await run('backup', 'list', '--json')
  expect((JSON.parse(listed) as { backups: unknown[] }).backups.length).toBe(5)
  expect(await lake.query('select table_name, version, rows, is_gone from control.backups order by all')).toEqual([
    ['departments', '1', '3', 'false'],
    ['departments', '2', '3', 'false'],
    ['employees', '2', '1', 'false'],
    ['jobs', '1', '2', 'false'],
    ['jobs', '2', '3', 'false'],
  ])
  expect((await run('backup', 'prune', '--keep', '1', '--yes')).exitCode).toBe(0)
  expect(await lake.list('backups', 'jobs')).toEqual(['jobs.v2.avro', 'jobs.v2.lineage.avro', 'latest.avro'])
  expect(await lake.query("select version from control.backups where is_gone and table_name = 'jobs'")).toEqual([['1']])
  expect((await run('backup', 'verify', '--all')).exitCode).toBe(0)
  const dry = await run('restore', 'jobs', '--dry-run')
  expect([dry.exitCode, dry.stdout]).toEqual([
    0,
    expect.stringContaining('rows that were read and are good by themselves: 3'),
  ])
  expect((await run('restore', 'jobs')).stderr).toContain('--yes')
  expect((await run('restore', 'jobs', '--yes')).exitCode).toBe(0)
  expect((await run('restore', 'job', '--yes')).stderr).toContain('Did you mean "jobs"?')
  expect((await run('backup')).stderr).toContain('which tables?')
  expect((await run('backup', 'prune')).stderr).toContain('--keep is not given')
  expect(await lake.findings()).toEqual([])
}, 180_000)

test(`a backup killed at any of ${CYCLES} moments leaves no file that is not whole, and the next one notes all`, async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': `7,Ada,${T},1,1\n` } })
  await lake.run()
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await killedAfter(lake, 300 + (cycle + 0.5) * (1500 / CYCLES), 'backup', '--all')
    for (const name of (await lake.list('backups')).filter((path) => /\.v\d+\.avro$/.test(path)))
      expect((await verifyBackup(lake.path('backups', name))).fault, name).toBeNull()
  }
  expect((await droplake(lake.folder, 'backup', '--all')).exitCode).toBe(0)
  expect(await lake.query('select count(*) from control.backups where not is_gone')).toEqual([['3']])
  expect((await lake.list('backups')).filter((name) => name.endsWith('.part'))).toEqual([])
  await lake.run()
  expect(await lake.findings()).toEqual([])
}, 300_000)

test(`a restore killed at any of ${CYCLES} moments leaves the table as it was or as it has to be`, async () => {
  const fresh = async () => {
    const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': `7,Ada,${T},1,1\n` } })
    await lake.run()
    await backUp(lake)
    await lake.drop({ 'employees2.csv': `8,Bob,${T},1,1\n` })
    await lake.run()
    return lake
  }
  const contentAfter = async (delayMs: number | null) => {
    const lake = await fresh()
    if (delayMs !== null) {
      await killedAfter(lake, delayMs, 'restore', 'employees', '--yes')
      expect([[['1']], [['2']]]).toContainEqual(await lake.query('select count(*) from dw.employees'))
    }
    expect((await droplake(lake.folder, 'restore', 'employees', '--yes')).exitCode).toBe(0)
    await lake.run()
    expect(await lake.findings()).toEqual([])
    // A restore that was killed behind its commit is in the ledger beside the one that came after it.
    const { files: _files, ...content } = await snapshot(lake)
    return content
  }
  const expected = await contentAfter(null)
  for (let cycle = 0; cycle < CYCLES; cycle++)
    expect(await contentAfter(400 + (cycle + 0.5) * (1600 / CYCLES)), `cycle ${cycle}`).toEqual(expected)
}, 300_000)

function killedAfter(lake: TempLake, delayMs: number, ...words: string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [DROPLAKE, ...words], { cwd: lake.folder, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
    child.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
