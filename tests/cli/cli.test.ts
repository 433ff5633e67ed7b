import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { tableFromIPC } from 'apache-arrow'
import { describe, expect, test, vi } from 'vitest'
import { Engine } from '../../core/engine.ts'
import { literal, sql } from '../../core/sql.ts'
import { droplake, runProgram } from '../helpers/run-cli.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

const uploads = { ...PARENTS, 'employees.csv': '1,Ada,2021-07-01T10:00:00Z,1,1\n2,,2021-07-01T10:00:00Z,9,1\n' }

describe('droplake run', () => {
  test('ends with a summary: counts, reasons with file and line, marts, places, and a query to copy', async () => {
    vi.stubEnv('DROPLAKE_REPORT_PAGES', 'true')
    const lake = await tempLake({ uploads })
    const { exitCode, stdout, stderr } = await droplake(lake.folder, 'run')
    expect(exitCode).toBe(0)
    expect(stdout.replace(/in \d+\.\d\d s/, 'in … s')).toBe(`Run 1 done in … s: the lake is at version 1 now.

table        read  loaded  quarantined  unchanged  rows now
-----------  ----  ------  -----------  ---------  --------
departments     3       3            0          0         3
jobs            2       2            0          0         2
employees       2       1            1          0         1

records  table      broken rule              for example
-------  ---------  -----------------------  ---------------
      1  employees  reference:department_id  employees.csv:2
      1  employees  required:employee_name   employees.csv:2

mart                           rows       report
-----------------------------  ----  ---  --------------------------------------
app.hires_by_quarter              1  new  reports/hires_by_quarter.html
app.department_hires              3  new  reports/department_hires.html
app.departments_above_average     1  new  reports/departments_above_average.html

quarantine: quarantine/employees/employees.csv.1.csv
reports: reports/index.html
Look into it:
  duckdb lake/lake.duckdb "from app.hires_by_quarter"
`)
    expect(stderr).toContain('table loaded runId=1 table=employees rowCount=1 rejectCount=1')
    expect(await lake.read('quarantine', 'employees', 'employees.csv.1.csv')).toMatch(
      /^_id,_line,_rules,_reason,employee_id,employee_name,hiring_date,department_id,job_id\n[0-9a-f]{16}:2,2,required:employee_name; reference:department_id,"employee_name is missing; department_id ""9"" is not in departments",2,,2021-07-01T10:00:00Z,9,1\n$/,
    )
  })

  test('ends with 3 when a file was refused, and the others are loaded', async () => {
    const lake = await tempLake({ uploads: { ...uploads, 'employes.csv': 'x', 'jobs2.csv': '' } })
    const { exitCode, stdout } = await droplake(lake.folder, 'run')
    expect(exitCode).toBe(3)
    expect(stdout).toContain(
      'refused: jobs2.csv — UPLOAD_EMPTY: "jobs2.csv" has no bytes; expected at least one record or a header\n  try: Export the file again and drop it.\n',
    )
    expect(stdout).toContain(
      'refused: employes.csv — UPLOAD_UNKNOWN_TABLE: "employes.csv" matches no table; expected a name like "departments*.csv", "departments*.jsonl", "jobs*.csv", "jobs*.jsonl", "employees*.csv", "employees*.jsonl", "hired_employees*.csv". Did you mean "employees"?\n',
    )
    expect(await lake.query('select count(*) from dw.employees')).toEqual([['1']])
    expect(await lake.read('quarantine', 'files', 'jobs2.csv.reason.txt')).toMatch(
      /^jobs2\.csv was refused by run 1 at .*Z\.\n\nUPLOAD_EMPTY: .*\n\nExport the file again and drop it\.\n$/s,
    )
  })

  test('prints one JSON document with --json, and logs to stderr', async () => {
    const lake = await tempLake({ uploads })
    const { exitCode, stdout } = await droplake(lake.folder, 'run', '--json')
    expect(exitCode).toBe(0)
    const summary = JSON.parse(stdout) as { tables: unknown[]; files: unknown[] }
    expect(summary).toMatchObject({ runId: 1, version: 1, isNewVersion: true })
    expect(summary.tables).toContainEqual({
      table: 'employees',
      records: 2,
      loaded: 1,
      updated: 0,
      unchanged: 0,
      quarantined: 1,
      rows: 1,
      released: 0,
      stillQuarantined: 0,
      leftOut: 0,
      sameAsBefore: 0,
    })
  })

  test('while another run holds the lake ends with 75 and names the process', async () => {
    const lake = await tempLake({ uploads })
    await lake.run()
    const holder = await Engine.open({ path: ':memory:' })
    try {
      await holder.run(sql`attach ${literal(lake.path('lake', 'lock.duckdb'))} as held`)
      const { exitCode, stderr } = await droplake(lake.folder, 'run')
      expect(exitCode).toBe(75)
      expect(stderr).toBe(
        `error LAKE_BUSY: another run works on "${lake.path('lake')}" (process ${process.pid})\ntry: Wait until it has ended, or let droplake wait with --wait 30s; nothing was changed.\n`,
      )
    } finally {
      holder.close()
    }
    expect((await droplake(lake.folder, 'run')).exitCode).toBe(0)
  })

  test('finds the project from a folder below, or by -C from anywhere', async () => {
    const lake = await tempLake({ uploads })
    expect((await droplake(lake.path('workingArea', 'uploads'), 'run')).exitCode).toBe(0)
    expect((await droplake('/', 'status', '-C', lake.folder)).stdout).toContain('dw.employees')
  })
})

describe('wrong usage', () => {
  test.each([
    [['statsu'], 'error USAGE: Did you mean status?\ntry: droplake --help\n'],
    [['run', '--speed'], 'error USAGE: Unknown argument: speed\ntry: droplake --help\n'],
    [[], 'error USAGE: no command is named\ntry: droplake --help\n'],
    [
      ['runs', 'show', 'last'],
      'error USAGE: "last" is no number of a run; expected one such as 7\ntry: List the last runs with: droplake status\n',
    ],
    [
      ['runs', 'show', '7'],
      'error RUN_NOT_FOUND: there is no run 7; runs go from 1 to 1\ntry: List the last runs with: droplake status\n',
    ],
    [
      ['query', 'select 1; select 2'],
      'error QUERY_REFUSED: found 2 statements; expected one SELECT, because queries only read\ntry: Tables change through uploads: drop a file, then droplake run.\n',
    ],
    [
      ['query', "copy (select 1) to '/tmp/never.csv'"],
      'error QUERY_REFUSED: found a statement that is no SELECT; expected one SELECT, because queries only read\ntry: Tables change through uploads: drop a file, then droplake run.\n',
    ],
  ])('droplake %j ends with 2 and says what was expected', async (words, message) => {
    const lake = await tempLake({ uploads })
    await lake.run()
    const { exitCode, stdout, stderr } = await droplake(lake.folder, ...words)
    expect([exitCode, stdout, stderr]).toEqual([2, '', message])
  })

  test('with --json the error is a JSON document too', async () => {
    const lake = await tempLake()
    const { exitCode, stdout } = await droplake(lake.folder, 'query', 'select 1', '--json')
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'LAKE_NOT_FOUND',
        message: `there is no lake in "${lake.path('lake')}" yet`,
        hint: 'Drop files into uploads, then: droplake run',
        details: {},
      },
    })
  })

  test('a wrong config is told line by line, before any work', async () => {
    const lake = await tempLake({ config: { name: 'x', tabels: {}, tables: {} } })
    const { exitCode, stderr } = await droplake(lake.folder, 'run')
    expect([exitCode, stderr]).toEqual([
      2,
      `error CONFIG_INVALID: ${lake.path('pipeline_config.json')} has a fault:\n  the file: unknown key "tabels". Did you mean "tables"?\ntry: Correct the file, then: droplake config check\n`,
    ])
    expect(await lake.list('lake')).toEqual([])
  })
})

describe('droplake query', () => {
  const everyType = `select 1::integer as i, 9007199254740993::bigint as big, 1.50::decimal(5,2) as d, 0.5::double as f, true as t,
    date '1969-12-31' as day, timestamp '2021-07-01 10:00:00.000001' as at, 'a,"b"' as s, null::integer as n, sum(5) as total, [1, 2] as l`

  test('gives CSV, JSON and Arrow with every value exact', async () => {
    const lake = await tempLake({ uploads })
    await lake.run()
    const csv = await droplake(lake.folder, 'query', '--format', 'csv', everyType)
    expect(csv.stdout).toBe(
      'i,big,d,f,t,day,at,s,n,total,l\n1,9007199254740993,1.50,0.5,true,1969-12-31,2021-07-01 10:00:00.000001,"a,""b""",,5,"[1,2]"\n',
    )
    const json = await droplake(lake.folder, 'query', '--json', everyType)
    expect(JSON.parse(json.stdout)).toEqual([
      {
        i: 1,
        big: '9007199254740993',
        d: '1.50',
        f: 0.5,
        t: true,
        day: '1969-12-31',
        at: '2021-07-01 10:00:00.000001',
        s: 'a,"b"',
        n: null,
        total: 5,
        l: [1, 2],
      },
    ])
    const arrow = tableFromIPC((await droplake(lake.folder, 'query', '--format', 'arrow', everyType)).stdoutBytes)
    const types = Object.fromEntries(arrow.schema.fields.map((field) => [field.name, String(field.type)]))
    expect(types).toEqual({
      i: 'Int32',
      big: 'Int64',
      d: 'Decimal[5e+2]',
      f: 'Float64',
      t: 'Bool',
      day: 'Date32<DAY>',
      at: 'Timestamp<MICROSECOND>',
      s: 'Utf8',
      n: 'Int32',
      total: 'Decimal[38e0]',
      l: 'Utf8',
    })
    const row = arrow.get(0)
    expect([row?.i, row?.big, row?.f, row?.t, row?.s, row?.n, row?.l]).toEqual([
      1,
      9007199254740993n,
      0.5,
      true,
      'a,"b"',
      null,
      '[1,2]',
    ])
    expect(Number(row?.day)).toBe(-86_400_000)
    expect(((arrow.getChild('at')?.data[0]?.values ?? []) as BigInt64Array)[0]).toBe(1625133600000001n)
    expect(Array.from((arrow.getChild('d')?.data[0]?.values ?? []) as Uint32Array)).toEqual([150, 0, 0, 0])
  })

  test('gives all rows of a large result, in every format', async () => {
    const lake = await tempLake({ uploads })
    await lake.run()
    const many = 'select range as x, case when range % 3 = 0 then null else range::varchar end as s from range(5000)'
    expect((await droplake(lake.folder, 'query', '--format', 'csv', many)).stdout.trim().split('\n')).toHaveLength(5001)
    expect(JSON.parse((await droplake(lake.folder, 'query', '--format', 'json', many)).stdout)).toHaveLength(5000)
    const arrow = tableFromIPC((await droplake(lake.folder, 'query', '--format', 'arrow', many)).stdoutBytes)
    expect([arrow.numRows, arrow.get(4999)?.x, arrow.get(4998)?.s, arrow.get(4999)?.s]).toEqual([
      5000,
      4999n,
      null,
      '4999',
    ])
    expect((await droplake(lake.folder, 'query', many)).stdout).toMatch(
      /5000 rows \(the first 1000 are shown; --format csv gives all\)\n$/,
    )
  })

  test('of no rows gives headings, an empty list and an Arrow stream with the schema', async () => {
    const lake = await tempLake({ uploads })
    await lake.run()
    const none = 'from app.hires_by_quarter where false'
    expect((await droplake(lake.folder, 'query', '--format', 'csv', none)).stdout).toBe('department,job,q1,q2,q3,q4\n')
    expect((await droplake(lake.folder, 'query', '--json', none)).stdout).toBe('[]\n')
    const arrow = tableFromIPC((await droplake(lake.folder, 'query', '--format', 'arrow', none)).stdoutBytes)
    expect([arrow.numRows, arrow.schema.names]).toEqual([0, ['department', 'job', 'q1', 'q2', 'q3', 'q4']])
  })

  test('shows control characters in data, and does not send them to the terminal', async () => {
    const lake = await tempLake({
      uploads: { ...PARENTS, 'employees.csv': '1,A\u001b[31mred,2021-07-01T10:00:00Z,1,1\n' },
    })
    await lake.run()
    expect((await droplake(lake.folder, 'query', 'select employee_name from dw.employees')).stdout).toContain(
      'A\\u001b[31mred',
    )
  })
})

describe('droplake init', () => {
  test('makes a project whose samples run, and leaves uploads empty', async () => {
    const lake = await tempLake()
    const { exitCode } = await droplake(lake.folder, 'init', 'mylake')
    expect(exitCode).toBe(0)
    expect(await lake.list('mylake', 'workingArea')).toEqual([])
    const run = await droplake(lake.folder, 'run', '-C', 'mylake')
    expect(run.exitCode).toBe(0)
    for (const name of ['departments.csv', 'jobs.csv', 'employees.csv'])
      await copyFile(lake.path('mylake', 'samples', 'hires', name), lake.path('mylake', 'workingArea', 'uploads', name))
    expect((await droplake(lake.folder, 'run', '-C', 'mylake')).exitCode).toBe(0)
    const rows = await droplake(
      lake.folder,
      'query',
      '-C',
      'mylake',
      '--json',
      'select count(*) as rows from dw.employees',
    )
    expect(JSON.parse(rows.stdout)[0].rows).toBeGreaterThan(1500)
  })

  test('--empty makes one without tables that passes its check; neither overwrites anything', async () => {
    const lake = await tempLake()
    await mkdir(lake.path('bare'))
    expect((await droplake(lake.path('bare'), 'init', '.', '--empty')).exitCode).toBe(0)
    expect((await droplake(lake.path('bare'), 'config', 'check')).stdout).toContain('is in order: 0 tables, 0 marts.')
    await writeFile(lake.path('bare', 'pipeline_config.json'), '{"name":"mine","tables":{}}')
    const again = await droplake(lake.path('bare'), 'init', '.')
    expect([again.exitCode, again.stderr.split('\n')[0]]).toEqual([
      2,
      `error PROJECT_EXISTS: "${lake.path('bare', '.gitignore')}" is there already; expected a folder without a lake project`,
    ])
    expect(await readFile(lake.path('bare', 'pipeline_config.json'), 'utf8')).toBe('{"name":"mine","tables":{}}')
  })
})

describe('droplake status and runs', () => {
  test('show runs, tables, and what waits', async () => {
    const lake = await tempLake({ uploads: { ...uploads, 'notes.txt': 'x' } })
    expect((await droplake(lake.folder, 'status')).stdout).toContain('No run yet.')
    await droplake(lake.folder, 'run')
    await lake.drop({ 'jobs3.csv': '3,Clerk\n' })
    const status = JSON.parse((await droplake(lake.folder, 'status', '--json')).stdout)
    expect(status).toMatchObject({
      version: 1,
      tables: [
        { table: 'departments', rows: 3, quarantined: 0 },
        { table: 'jobs', rows: 2, quarantined: 0 },
        { table: 'employees', rows: 1, quarantined: 1 },
      ],
      uploads: ['jobs3.csv'],
      refusedFiles: ['notes.txt'],
    })
    const run = JSON.parse((await droplake(lake.folder, 'runs', 'show', '1', '--json')).stdout)
    expect(run.run).toMatchObject({
      run_id: 1,
      status: 'committed',
      files: 4,
      refused: 1,
      records: 7,
      loaded: 6,
      quarantined: 1,
    })
    expect(run.steps.map((step: { stage: string; target: string }) => `${step.stage} ${step.target}`)).toEqual([
      'ods departments.csv',
      'ods employees.csv',
      'ods jobs.csv',
      'dw departments',
      'dw jobs',
      'dw employees',
      'app hires_by_quarter',
      'app department_hires',
      'app departments_above_average',
    ])
    expect((await droplake(lake.folder, 'runs', 'show', '1')).stdout).toContain(
      'refused: notes.txt — UPLOAD_UNKNOWN_TABLE',
    )
  })
})

describe('the real duckdb CLI', async () => {
  const isThere = await runProgram('duckdb', ['--version'], '/').then(
    () => true,
    () => false,
  )
  if (!isThere) console.warn('skipped: there is no duckdb CLI on this machine (pip install duckdb-cli)')

  test.skipIf(!isThere)(
    'runs the line that the summary gives, from any folder, also while a run holds the lake',
    async () => {
      const lake = await tempLake({ uploads })
      await lake.run()
      const line = await runProgram('duckdb', ['-csv', 'lake/lake.duckdb', 'from app.hires_by_quarter'], lake.folder)
      expect(line.stdout).toBe('department,job,q1,q2,q3,q4\nSales,Recruiter,0,0,1,0\n')
      const holder = await Engine.open({ path: ':memory:' })
      try {
        await holder.run(sql`attach ${literal(lake.path('lake', 'lock.duckdb'))} as held`)
        const schemas = await runProgram(
          'duckdb',
          [
            '-csv',
            '-noheader',
            lake.path('lake', 'lake.duckdb'),
            'select distinct table_schema from information_schema.tables order by 1',
          ],
          '/',
        )
        expect(schemas.stdout).toBe('app\ncontrol\ndw\nods\nquarantine\n')
      } finally {
        holder.close()
      }
    },
  )
})
