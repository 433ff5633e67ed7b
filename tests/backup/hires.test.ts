import { expect, test } from 'vitest'
import { verifyBackup } from '../../backup/index.ts'
import { backUp, readWithAvsc, rehearseRestore, restoreTable } from '../helpers/avro.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

const T = '2021-07-27T16:02:08Z'

const hires = async () => {
  const lake = await tempLake({
    uploads: { ...PARENTS, 'employees.csv': `7,Ada,${T},1,1\n8,"Zoë 'Z' 李",1969-12-31T23:59:59Z,2,2\n` },
  })
  await lake.run()
  return lake
}

test('backups of the hires lake have exactly the schemas that were asked for, and any reader sees the rows', async () => {
  const lake = await hires()
  await backUp(lake)
  const read = async (table: string) => readWithAvsc(lake.path('backups', table, `${table}.v1.avro`))
  expect((await read('jobs')).schema).toEqual({
    type: 'record',
    name: 'jobs',
    fields: [
      { name: 'job_id', type: 'int' },
      { name: 'job_name', type: 'string' },
    ],
  })
  expect((await read('departments')).schema).toEqual({
    type: 'record',
    name: 'departments',
    fields: [
      { name: 'department_id', type: 'int' },
      { name: 'department_name', type: 'string' },
    ],
  })
  const employees = await read('employees')
  expect(employees.schema).toEqual({
    type: 'record',
    name: 'employees',
    fields: [
      { name: 'employee_id', type: 'int' },
      { name: 'employee_name', type: 'string' },
      { name: 'hiring_date', type: 'string' },
      { name: 'department_id', type: 'int' },
      { name: 'job_id', type: 'int' },
    ],
  })
  expect(employees.records).toEqual([
    { employee_id: 7, employee_name: 'Ada', hiring_date: T, department_id: 1, job_id: 1 },
    { employee_id: 8, employee_name: "Zoë 'Z' 李", hiring_date: '1969-12-31T23:59:59Z', department_id: 2, job_id: 2 },
  ])
  expect(await lake.list('backups', 'jobs')).toEqual(['jobs.v1.avro', 'jobs.v1.lineage.avro', 'latest.avro'])
  expect(await lake.read('backups', 'jobs', 'latest.avro')).toBe(await lake.read('backups', 'jobs', 'jobs.v1.avro'))
})

test.each(['deflate', 'null', 'snappy', 'zstd'] as const)(
  'codec %s: restoring gives the same rows, lineage and digest',
  async (codec) => {
    const lake = await hires()
    const [, , backup] = await backUp(lake, [], codec)
    const rows = await lake.query('from dw.employees order by all')
    await restoreTable(lake, 'employees')
    expect(await lake.query('from dw.employees order by all')).toEqual(rows)
    expect(await lake.findings()).toEqual([])
    const [again] = await backUp(lake, ['employees'], codec)
    expect([again?.digest, again?.version]).toEqual([backup?.digest, 2])
    expect((await verifyBackup(again?.path ?? '')).fault).toBeNull()
  },
)

test('a restore takes a table back to its backup, marts and reports follow, and a rollback undoes it', async () => {
  const lake = await hires()
  await backUp(lake)
  const mart = await lake.query('from app.hires_by_quarter')
  await lake.drop({ 'employees2.csv': `9,Bob,${T},3,1\n10,,${T},1,1\n` })
  await lake.run()
  expect(await lake.query('from app.hires_by_quarter')).not.toEqual(mart)
  const done = await restoreTable(lake, 'employees')
  expect([done.rows, done.quarantined, done.version]).toEqual([2, 0, 3])
  expect(await lake.query('from app.hires_by_quarter')).toEqual(mart)
  expect(await lake.read('reports', 'hires_by_quarter.csv')).not.toContain('Legal')
  expect(await lake.query('select _line, _run_id from dw.employees order by 1')).toEqual([
    ['1', '1'],
    ['2', '1'],
  ])
  expect(await lake.findings()).toEqual([])
  const { rollback } = await import('../../pipeline/maintain/rollback.ts')
  const { silentLogger } = await import('../../core/logger.ts')
  await rollback(lake.project, 2, { log: silentLogger(), clock: () => new Date(), onProgress: () => undefined })
  expect(await lake.query('select employee_id from dw.employees order by 1')).toEqual([['7'], ['8'], ['9']])
  expect(await lake.findings()).toEqual([])
})

test('a run after a restore: content that the lake knows stays a duplicate, keys of restored rows are taken, new rows are loaded', async () => {
  const lake = await hires()
  await backUp(lake)
  const late = `9,Bob,${T},3,1\n`
  await lake.drop({ 'employees2.csv': late })
  await lake.run()
  await restoreTable(lake, 'employees')
  await lake.drop({
    'again.employees.csv': late,
    'employees3.csv': `7,Other,${T},1,1\n11,Eve,${T},1,1\n`,
    'employees4.csv': late,
  })
  const summary = await lake.run()
  expect(summary.files.map(({ file, outcome }) => [file, outcome])).toContainEqual(['employees4.csv', 'duplicate'])
  expect(await lake.query('select employee_id, employee_name from dw.employees order by 1')).toEqual([
    ['7', 'Ada'],
    ['8', "Zoë 'Z' 李"],
    ['11', 'Eve'],
  ])
  expect(await lake.query('select _reason from quarantine.employees')).toEqual([
    ['employee_id "7" is in employees already (employees.csv:1)'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('a lake that was lost gets its tables back from backups alone, each row with its file and line', async () => {
  const lost = await hires()
  await backUp(lost)
  const lake = await tempLake({})
  await lake.run()
  const from = (table: string) => ({ from: lost.path('backups', table, 'latest.avro') })
  for (const table of ['departments', 'jobs', 'employees']) await restoreTable(lake, table, from(table))
  expect(await lake.query('select employee_id, _line, _run_id from dw.employees order by 1')).toEqual([
    ['7', '1', '4'],
    ['8', '2', '4'],
  ])
  expect(await lake.query("select distinct name from control.files where table_name = 'employees'")).toEqual([
    ['employees.csv'],
  ])
  expect(await lake.query('select count(*) from app.hires_by_quarter')).toEqual(
    await lost.query('select count(*) from app.hires_by_quarter'),
  )
  expect(await lake.findings()).toEqual([])
})

test('rows that would refer to nothing are told before anything is done, both ways; --force loads and lists them', async () => {
  const lake = await hires()
  await backUp(lake)
  await lake.drop({ 'departments2.csv': '4,Marketing\n', 'employees2.csv': `9,Bob,${T},4,1\n` })
  await lake.run()
  await expect(restoreTable(lake, 'departments')).rejects.toMatchObject({
    code: 'RESTORE_REFUSED',
    message:
      'rows would refer to nothing:\n  1 rows of "employees" would break reference:department_id:\n    employee_id 9: department_id "4" is not in departments',
  })
  expect(await lake.query('select count(*) from dw.departments')).toEqual([['4']])
  const [employees] = await backUp(lake, ['employees'])
  const forced = await restoreTable(lake, 'departments', { force: true })
  expect(forced.rehearsal.orphanedChildren).toMatchObject([{ table: 'employees', rows: 1 }])
  const plan = await rehearseRestore(lake, 'employees', { from: employees?.path ?? '' })
  expect(plan.rehearsal?.orphans).toMatchObject([{ table: 'employees', rule: 'reference:department_id', rows: 1 }])
  await expect(restoreTable(lake, 'employees')).rejects.toMatchObject({ code: 'RESTORE_REFUSED' })
  await restoreTable(lake, 'employees', { force: true })
  expect(await lake.query('select orphans from control.restores order by run_id')).toEqual([['0'], ['1']])
  expect(await lake.findings()).toEqual([])
})

test('--as gives the rows to a table beside the present one', async () => {
  const lake = await hires()
  await backUp(lake)
  await restoreTable(lake, 'employees', { as: 'employees_old' })
  expect(await lake.query('select count(*) from dw.employees_old')).toEqual([['2']])
  expect(await lake.findings()).toEqual([])
  await lake.drop({ 'employees2.csv': `9,Bob,${T},3,1\n` })
  await lake.run()
  expect(await lake.query('select count(*) from dw.employees_old')).toEqual([['2']])
  expect(await lake.findings()).toEqual([])
  await expect(restoreTable(lake, 'employees', { as: 'Jobs' })).rejects.toMatchObject({ code: 'USAGE' })
})
