import { expect, test } from 'vitest'
import { usePreparedLake } from '../helpers/prepared-lake.ts'
import { droplake } from '../helpers/run-cli.ts'
import { PARENTS } from '../helpers/temp-lake.ts'

const employees = '1,Ann,2021-01-01T00:00:00Z,1,1\n2,,2021-01-02T00:00:00Z,7,1\n3,Cem,soon,1,1\n'
const lakeWithQuarantine = usePreparedLake({ uploads: { ...PARENTS, 'employees.csv': employees } }, async (lake) => {
  await lake.run()
})

test('quarantine lists what is open, with the oldest, an example, and what to do next', async () => {
  const lake = await lakeWithQuarantine()
  const { exitCode, stdout } = await droplake(lake.folder, 'quarantine')
  expect(exitCode).toBe(0)
  const [, , ...lines] = stdout
    .split('\n')
    .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, 'NOW').replace(/ {2,}/g, '  '))
  expect(lines).toEqual([
    'employees  reference:department_id  1  0  NOW  employees.csv:2  employee_name is missing; department_id "7" is not in departments',
    'employees  required:employee_name  1  0  NOW  employees.csv:2  employee_name is missing; department_id "7" is not in departments',
    expect.stringMatching(
      /^employees {2}type:hiring_date {2}1 {2}0 {2}NOW {2}employees.csv:3 {2}hiring_date "soon" is not a timestamp/,
    ),
    '',
    'employees: 2 open. A record that breaks several rules counts for each.',
    'Look at them: droplake quarantine show <table>. To mend them: correct the CSVs in quarantine/<table>/ and drop them into uploads.',
    '',
  ])
  const json = JSON.parse((await droplake(lake.folder, 'quarantine', '--json')).stdout)
  expect(json.tables).toMatchObject([
    { table: 'employees', open: 2, waiting: 0, rules: [{ rule: 'reference:department_id' }, {}, {}] },
  ])
})

test('quarantine show marks the bad cells', async () => {
  const lake = await lakeWithQuarantine()
  const { stdout } = await droplake(lake.folder, 'quarantine', 'show', 'employees', '--limit', '1')
  expect(
    stdout
      .split('\n')
      .slice(2)
      .map((line) => line.replace(/ {2,}/g, '  ')),
  ).toEqual([
    'employees.csv:2  open  2  ‹missing›  2021-01-02T00:00:00Z  ‹7›  1  employee_name is missing; department_id "7" is not in departments',
    'The first 1 of 2; --limit shows more.',
    '',
  ])
  const rule = JSON.parse(
    (await droplake(lake.folder, 'quarantine', 'show', 'employees', '--rule', 'type:hiring_date', '--json')).stdout,
  )
  expect(rule).toMatchObject({
    table: 'employees',
    total: 1,
    records: [{ line: 3, badColumns: ['hiring_date'], values: { hiring_date: 'soon' } }],
  })
})

test('quarantine export, retry and discard tell what they do, and do nothing when only asked what they would', async () => {
  const lake = await lakeWithQuarantine()
  const say = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await droplake(lake.folder, 'quarantine', ...words)
    return exitCode === 0 ? stdout : `${exitCode}: ${stderr}`
  }
  expect(await say('export', 'employees', '--dry-run')).toBe(
    '2 open records of employees would be written to employees.quarantine.csv.\n',
  )
  expect(await say('export', 'employees', '--to', 'fix.csv')).toBe(
    '2 open records of employees are in fix.csv. Correct them and drop the file into uploads.\n',
  )
  expect((await lake.read('fix.csv')).split('\n')[0]).toBe(
    '_id,_line,_rules,_reason,employee_id,employee_name,hiring_date,department_id,job_id,_file',
  )
  expect(await say('retry', 'employees', '--dry-run')).toBe(
    'employees: 0 would come out of quarantine, 2 would stay there\n',
  )
  expect(await say('discard', 'employees')).toBe(
    '2: error USAGE: quarantine discard: no reason is given\ntry: Say why, for those who ask later: --reason "test data"\n',
  )
  expect(await say('discard', 'employees', '--rule', 'type:hiring_date', '--reason', 'x', '--dry-run')).toBe(
    '1 record of employees in quarantine: employees.csv:3\n',
  )
  expect(await say('discard', 'employees', '--reason', 'x')).toMatch(/^2: .*nobody can be asked here/s)
  expect(await say('discard', 'employees', '--rule', 'type:hiring_date', '--reason', 'x', '--yes')).toBe(
    'Discarded 1 record of employees: version 2 (run 2). A rollback brings them back.\n',
  )
  expect(await say('discard', 'employees', '--rule', 'type:hiring_date', '--reason', 'x', '--yes')).toBe(
    'No record of employees in quarantine matches.\n',
  )
  expect(await say('show')).toMatch(/^2: error USAGE: quarantine show: no table is named/)
  expect(await say('show', 'employes')).toMatch(/there is no table "employes"; .* Did you mean "employees"\?/)
})

test('a run names the command that gives up what was left out of a CSV', async () => {
  const lake = await lakeWithQuarantine()
  const [header, , third] = (await lake.read('quarantine', 'employees', 'employees.csv.1.csv')).split(/\r?\n/)
  await lake.drop({ 'fixed.csv': `${header}\n${third?.replace('soon', '2021-01-03T00:00:00Z')}\n` })
  const { stdout } = await droplake(lake.folder, 'run')
  expect(stdout).toContain(
    'left out of the corrected CSV: 1 open record of employees; to discard: droplake quarantine discard employees --left-out --reason "…"\n',
  )
  const done = await droplake(lake.folder, 'quarantine', 'discard', 'employees', '--left-out', '--reason', 'no', '-y')
  expect(done.stdout).toMatch(/^Discarded 1 record of employees/)
})

test('an option that an action does not have, and a table that is not there, are refused', async () => {
  const lake = await lakeWithQuarantine()
  const retry = await droplake(lake.folder, 'quarantine', 'retry', 'employees', '--file', 'employees.csv')
  expect(retry).toMatchObject({
    exitCode: 2,
    stderr:
      'error USAGE: quarantine retry has no option --file\ntry: It is one of quarantine show, quarantine export, quarantine discard.\n',
  })
  expect(await droplake(lake.folder, 'quarantine', 'list', 'employes')).toMatchObject({ exitCode: 2 })
  expect((await droplake(lake.folder, 'quarantine', 'show', 'employees', '--limit', 'x')).stderr).toContain(
    'error USAGE: --limit: found "NaN"; expected a number of rows, 1 or more',
  )
})
