import { describe, expect, test } from 'vitest'
import { droplake } from '../helpers/run-cli.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

const uploads = { ...PARENTS, 'employees.csv': '1,Ada,2021-07-01T10:00:00Z,1,1\n2,,2021-07-01T10:00:00Z,9,1\n' }

describe('droplake trace', () => {
  test('shows a row with its file, line, run and text, and one in quarantine with its reasons', async () => {
    const lake = await tempLake({ uploads })
    await lake.run()
    expect((await droplake(lake.folder, 'trace', 'employees', '1')).stdout).toBe(`dw.employees: 1 row

dw.employees     run  record
---------------  ---  ------------------------------
employees.csv:1    1  1,Ada,2021-07-01T10:00:00Z,1,1
`)
    expect(
      (await droplake(lake.folder, 'trace', 'employees', '2')).stdout,
    ).toBe(`dw.employees: no such row, but in quarantine:

quarantine.employees  run  record                       reason
--------------------  ---  ---------------------------  -----------------------------------------------------------------
employees.csv:2         1  2,,2021-07-01T10:00:00Z,9,1  employee_name is missing; department_id "9" is not in departments
`)
    expect((await droplake(lake.folder, 'trace', 'employees', '3')).stdout).toBe('dw.employees: no such row.\n')
  })

  test('shows what a number of a mart is made of, and gives it as JSON', async () => {
    const lake = await tempLake({ uploads })
    await lake.run()
    const words = ['trace', 'app.hires_by_quarter', '--where', "department = 'Sales'", '--column', 'q3']
    expect((await droplake(lake.folder, ...words)).stdout).toContain(
      'app.hires_by_quarter, q3: 1 row, made of 1 of dw.departments, 1 of dw.employees, 1 of dw.jobs\n',
    )
    const { rows } = JSON.parse((await droplake(lake.folder, ...words, '--json')).stdout)
    expect(rows[1]).toEqual({
      table: 'dw.employees',
      row: { employee_id: 1, employee_name: 'Ada', hiring_date: '2021-07-01 10:00:00', department_id: 1, job_id: 1 },
      runId: 1,
      file: 'employees.csv',
      line: 1,
      raw: '1,Ada,2021-07-01T10:00:00Z,1,1',
    })
    const wrong = await droplake(lake.folder, 'trace', 'employees', '1', '--limit', 'all')
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      'error USAGE: --limit: found "NaN"; expected a number of rows, 1 or more\ntry: For example: --limit 100\n',
    ])
  })
})
