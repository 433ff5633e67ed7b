import { existsSync, readFileSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plainHires } from '../helpers/plain-hires.ts'
import { REPOSITORY, tempLake } from '../helpers/temp-lake.ts'

const HIRES = join(REPOSITORY, '..', 'shared', 'data', 'hires')
const isThere = existsSync(HIRES)
if (!isThere) console.warn(`skipped: the real hires files are not in ${HIRES}`)

const file = (name: string) => readFileSync(join(HIRES, name))
const uploads = () => ({
  'departments.csv': file('departments.csv'),
  'jobs.csv': file('jobs.csv'),
  'employees.csv': file('employees.csv'),
})
const newRecords = () => ({
  'departments_new.csv': file('new_records/departments.csv'),
  'jobs_new.csv': file('new_records/jobs.csv'),
  'employees_new.csv': file('new_records/employees.csv'),
})

const CONTENT = [
  'from dw.departments select * exclude (_run_id) order by all',
  'from dw.jobs select * exclude (_run_id) order by all',
  'from app.hires_by_quarter',
  'from app.departments_above_average',
]

describe.skipIf(!isThere)('the real hires files', () => {
  test('load 12 departments, 183 jobs and 1,929 employees; 70 employees are quarantined with their true lines', async () => {
    const lake = await tempLake({ uploads: uploads() })
    const summary = await lake.run()
    expect(
      summary.tables.map(({ table, records, loaded, quarantined }) => [table, records, loaded, quarantined]),
    ).toEqual([
      ['departments', 12, 12, 0],
      ['jobs', 183, 183, 0],
      ['employees', 1999, 1929, 70],
    ])
    expect(summary.rules.map(({ rule, records }) => [rule, records])).toEqual([
      ['required:department_id', 21],
      ['required:employee_name', 19],
      ['required:job_id', 16],
      ['required:hiring_date', 14],
    ])
    const lines = await lake.query('select _line from quarantine.employees order by _line')
    expect(lines.flat().map(Number)).toEqual(plainHires(HIRES, 2021).badLines)
  })

  test('give the marts that plain code gives over the raw files, in the same order', async () => {
    const lake = await tempLake({ uploads: uploads() })
    await lake.run()
    const plain = plainHires(HIRES, 2021)
    expect(await lake.query('from app.hires_by_quarter')).toEqual(plain.byQuarter)
    expect(await lake.query('from app.departments_above_average')).toEqual(plain.aboveAverage)
    const report = (await lake.read('reports', 'departments_above_average.csv')).trim().split('\n')
    expect(report).toEqual(['id,department,hired', ...plain.aboveAverage.map((row) => row.join(','))])
  })

  test('followed by new records: department 13 and job 184 load, the employee is quarantined for its date', async () => {
    const lake = await tempLake({ uploads: uploads() })
    await lake.run()
    await lake.drop(newRecords())
    const summary = await lake.run()
    expect(summary.version).toBe(2)
    expect(
      await lake.query('from dw.departments select department_id, department_name where department_id = 13'),
    ).toEqual([['13', 'Testing']])
    expect(await lake.query('from dw.jobs select job_id, job_name where job_id = 184')).toEqual([
      ['184', 'Some random position'],
    ])
    expect(
      await lake.query("from quarantine.employees select _rules, _reason, _line where _file = 'employees_new.csv'"),
    ).toEqual([
      [
        "['type:hiring_date']",
        'hiring_date "2027-08-29T00:0:1Z" is not a timestamp written as YYYY-MM-DDTHH:MM:SSZ',
        '1',
      ],
    ])
  })

  test('dropped again, also under another name, load nothing and say of which file they are a duplicate', async () => {
    const lake = await tempLake({ uploads: uploads() })
    await lake.run()
    await lake.drop({ 'employees.csv': file('employees.csv'), 'hired_employees_again.csv': file('employees.csv') })
    const summary = await lake.run()
    expect(summary.isNewVersion).toBe(false)
    expect(
      summary.files.map(({ file: name, outcome, records, unchanged, duplicateOf }) => [
        name,
        outcome,
        records,
        unchanged,
        duplicateOf,
      ]),
    ).toEqual([
      ['employees.csv', 'duplicate', 1999, 1999, { file: 'employees.csv', runId: 1 }],
      ['hired_employees_again.csv', 'duplicate', 1999, 1999, { file: 'employees.csv', runId: 1 }],
    ])
    expect(await lake.query('select count(*) from dw.employees')).toEqual([['1929']])
    expect(await lake.list('workingArea', 'uploads')).toEqual([])
  })

  test('with a header, and with columns in another order, give the same tables as without', async () => {
    const plain = await tempLake({ uploads: uploads() })
    await plain.run()
    const swapped = file('departments.csv')
      .toString()
      .split('\r\n')
      .map((line) => line.split(',').reverse().join(','))
      .join('\r\n')
    const headed = await tempLake({
      uploads: {
        'departments.csv': `Department_Name, department_id\r\n${swapped}`,
        'jobs.csv': `job_id,job_name\r\n${file('jobs.csv')}`,
        'employees.csv': `employee_id,employee_name,hiring_date,department_id,job_id\r\n${file('employees.csv')}`,
      },
    })
    await headed.run()
    for (const query of [
      'from dw.departments select * exclude (_file_id, _line, _run_id) order by all',
      'from dw.employees select * exclude (_file_id, _line, _run_id) order by all',
      'from app.hires_by_quarter',
    ]) {
      expect(await headed.query(query)).toEqual(await plain.query(query))
    }
    expect(await headed.query('select min(_line), max(_line) from dw.employees')).toEqual([['2', '2000']])
  })

  test('dropped one after the other: employees without their department wait in quarantine for reference, all others load', async () => {
    const lake = await tempLake({ uploads: { 'jobs.csv': file('jobs.csv') } })
    await lake.run()
    await lake.drop({ 'employees.csv': file('employees.csv') })
    const early = await lake.run()
    expect(early.rules.find((rule) => rule.rule === 'reference:department_id')?.records).toBe(1999 - 21)
    expect(early.tables.find((table) => table.table === 'employees')).toMatchObject({ loaded: 0, quarantined: 1999 })
    await lake.drop({ 'departments.csv': file('departments.csv') })
    expect((await lake.run()).tables.find((table) => table.table === 'departments')).toMatchObject({ loaded: 12 })

    const ordered = await tempLake({ uploads: { 'departments.csv': file('departments.csv') } })
    await ordered.run()
    await ordered.drop({ 'jobs.csv': file('jobs.csv') })
    await ordered.run()
    await ordered.drop({ 'employees.csv': file('employees.csv') })
    await ordered.run()
    const together = await tempLake({ uploads: uploads() })
    await together.run()
    for (const query of CONTENT) expect(await ordered.query(query)).toEqual(await together.query(query))
  })

  test('are accounted for: records = loaded + updated + unchanged + quarantined, for every file', async () => {
    const lake = await tempLake({ uploads: { ...uploads(), 'jobs_again.csv': file('jobs.csv'), 'notes.txt': 'hello' } })
    await lake.run()
    const wrong = await lake.query(
      'select name from control.files where records <> loaded + updated + unchanged + quarantined',
    )
    expect(wrong).toEqual([])
    expect(await lake.query('select name, outcome, records from control.files order by name')).toEqual([
      ['departments.csv', 'loaded', '12'],
      ['employees.csv', 'loaded', '1999'],
      ['jobs.csv', 'loaded', '183'],
      ['jobs_again.csv', 'duplicate', '183'],
      ['notes.txt', 'refused', '0'],
    ])
  })

  test('make a lake that works at another path after one run there', async () => {
    const lake = await tempLake({ uploads: uploads() })
    await lake.run()
    const marts = await lake.query('from app.hires_by_quarter')
    const moved = await tempLake()
    await cp(lake.folder, moved.folder, { recursive: true })
    await rename(lake.folder, `${lake.folder}-away`)
    await expect(moved.query('from app.hires_by_quarter')).rejects.toMatchObject({ code: 'LAKE_MOVED' })
    await moved.run()
    expect(await moved.query('from app.hires_by_quarter')).toEqual(marts)
    expect(await moved.query('select count(*) from ods.employees')).toEqual([['1999']])
    await rm(`${lake.folder}-away`, { recursive: true })
  })
})
