import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PARENTS, tempLake } from '../../helpers/temp-lake.ts'

const T = '2021-07-01T10:00:00Z'

test('a key that the table has already is refused, and the reason names the file and line that has it', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': `7,Ada,${T},1,1\n` } })
  await lake.run()
  await lake.drop({ 'employees2.csv': `8,Bob,${T},1,1\n7,Eve,${T},1,1\n` })
  await lake.run()
  expect(await lake.query('select _reason, _file, _line from quarantine.employees')).toEqual([
    ['employee_id "7" is in employees already (employees.csv:1)', 'employees2.csv', '2'],
  ])
  expect(await lake.query('select employee_id, employee_name from dw.employees order by all')).toEqual([
    ['7', 'Ada'],
    ['8', 'Bob'],
  ])
})

test('of two records with one key in two files of a run, the one in the file that comes first by name is loaded', async () => {
  const lake = await tempLake({
    uploads: {
      ...PARENTS,
      'employees_b.csv': `7,Bob,${T},1,1\n`,
      'employees_a.csv': `6,Al,${T},1,1\n7,Ada,${T},1,1\n`,
    },
  })
  await lake.run()
  expect(await lake.query('select employee_name from dw.employees order by all')).toEqual([['Ada'], ['Al']])
  expect(await lake.query('select _reason from quarantine.employees')).toEqual([
    ['employee_id "7" is in employees already (employees_a.csv:2)'],
  ])
})

test('a department and its first employee may arrive in one run', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': `1,Ada,${T},3,2\n` } })
  expect((await lake.run()).tables.map((table) => table.loaded)).toEqual([3, 2, 1])
})

test('a record that refers to a refused parent is refused, too', async () => {
  const lake = await tempLake({
    uploads: { 'departments.csv': '1,\n2,Legal\n', 'jobs.csv': '1,Clerk\n', 'employees.csv': `1,Ada,${T},1,1\n` },
  })
  await lake.run()
  expect(await lake.query('select _reason from quarantine.employees')).toEqual([
    ['department_id "1" is not in departments'],
  ])
})

test('references of several columns hold together', async () => {
  const column = { type: 'integer' }
  const lake = await tempLake({
    config: {
      name: 'x',
      tables: {
        child: {
          files: ['c*.csv'],
          columns: { id: column, a: { ...column, required: false }, b: { ...column, required: false } },
          primaryKey: ['id'],
          references: [{ columns: ['a', 'b'], table: 'parent' }],
        },
        parent: { files: ['p*.csv'], columns: { x: column, y: column }, primaryKey: ['x', 'y'] },
      },
    },
    uploads: { 'parent.csv': '1,1\n2,2\n', 'child.csv': '1,1,1\n2,1,2\n3,,1\n4,2,2\n' },
  })
  await lake.run()
  expect((await lake.query('select id from dw.child order by id')).flat()).toEqual(['1', '3', '4'])
  expect(await lake.query('select _rules, _reason from quarantine.child')).toEqual([
    ["['reference:a,b']", 'a "1", b "2" is not in parent'],
  ])
})

test('a column that is added to the contract is empty in older rows; one that leaves it leaves the views', async () => {
  const table = (columns: object) => ({ name: 'x', tables: { t: { files: ['*.csv'], columns, primaryKey: ['id'] } } })
  const lake = await tempLake({
    config: table({ id: { type: 'integer' }, old: { type: 'string' } }),
    uploads: { 'a.csv': '1,x\n' },
  })
  await lake.run()
  writeFileSync(
    lake.path('pipeline_config.json'),
    JSON.stringify(table({ id: { type: 'integer' }, extra: { type: 'date', required: false } })),
  )
  await lake.drop({ 'b.csv': '2,2021-01-01\n1,\n' })
  await lake.run()
  expect(await lake.query('from dw.t select * exclude (_file_id, _run_id) order by id')).toEqual([
    ['1', 'null', '1'],
    ['2', '2021-01-01', '1'],
  ])
  expect(await lake.query('select _reason from quarantine.t')).toEqual([['id "1" is in t already (a.csv:1)']])
})

test('a file with the same content for two tables is two files', async () => {
  const lake = await tempLake({ uploads: { 'departments.csv': '1,Same\n', 'jobs.csv': '1,Same\n' } })
  const summary = await lake.run()
  expect(summary.files.map((file) => file.outcome)).toEqual(['loaded', 'loaded'])
})

test('two uploads of one run with the same content: the second is a duplicate of the first', async () => {
  const lake = await tempLake({ uploads: { 'jobs_a.csv': '1,Clerk\n', 'jobs_b.csv': '1,Clerk\n' } })
  const summary = await lake.run()
  expect(summary.files.map((file) => [file.file, file.outcome, file.duplicateOf])).toEqual([
    ['jobs_a.csv', 'loaded', null],
    ['jobs_b.csv', 'duplicate', { file: 'jobs_a.csv', runId: 1 }],
  ])
})

test('a refused file that is dropped again is looked at again', async () => {
  const lake = await tempLake({ uploads: { 'jobs.csv': '' } })
  for (const runId of [1, 2]) {
    await lake.drop({ 'jobs.csv': '' })
    expect((await lake.run()).files).toMatchObject([{ outcome: 'refused' }])
    expect(await lake.query(`select count(*) from control.files where run_id = ${runId}`)).toEqual([['1']])
  }
  expect(await lake.list('quarantine', 'files')).toEqual([
    'jobs.2.csv',
    'jobs.2.csv.reason.txt',
    'jobs.csv',
    'jobs.csv.reason.txt',
  ])
})

test('an upload named like a query, a pattern or a sentence is read as it is', async () => {
  const names = [
    "jobs'; drop table x; --.csv",
    'jobs*.csv',
    'jobs [1]?.csv',
    'jobs 🙂 中文.csv',
    'jobs\nline.csv',
    `jobs${'x'.repeat(247)}.csv`,
  ]
  const lake = await tempLake()
  await lake.drop(
    Object.fromEntries(names.map((name, index) => [name, `${index + 1},Job ${index}\n${index + 1},again\n`])),
  )
  const summary = await lake.run()
  expect(summary.files.map((file) => [file.file, file.outcome, file.loaded, file.quarantined])).toEqual(
    [...names].sort().map((name) => [name, 'loaded', 1, 1]),
  )
  expect(await lake.list('workingArea', 'processed')).toEqual([...names].sort())
  expect((await lake.list('quarantine', 'jobs')).length).toBe(names.length)
})

test('every step of a run stands in the control tables', async () => {
  const lake = await tempLake({
    uploads: { ...PARENTS, 'employees.csv': `1,Ada,${T},1,1\n2,,${T},1,1\nx,,${T},1,1\n` },
  })
  await lake.run()
  expect(
    await lake.query(
      'select table_name, rule, records, example_file, example_line from control.rule_results order by all',
    ),
  ).toEqual([
    ['employees', 'required:employee_name', '2', 'employees.csv', '2'],
    ['employees', 'type:employee_id', '1', 'employees.csv', '3'],
  ])
  expect(await lake.query('select layer, table_name, rows from control.data_files order by all')).toEqual([
    ['app', 'department_hires', '3'],
    ['app', 'departments_above_average', '1'],
    ['app', 'hires_by_quarter', '1'],
    ['dw', 'departments', '3'],
    ['dw', 'employees', '1'],
    ['dw', 'jobs', '2'],
    ['ods', 'departments', '3'],
    ['ods', 'employees', '3'],
    ['ods', 'jobs', '2'],
    ['rejects', 'employees', '2'],
  ])
})
