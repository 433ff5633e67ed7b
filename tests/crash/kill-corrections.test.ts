import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { correct } from '../helpers/quarantine-csv.ts'
import { DROPLAKE, droplake } from '../helpers/run-cli.ts'
import { PARENTS, type TempLake, tempLake } from '../helpers/temp-lake.ts'

/** Before and after the commit of a run, and in the delivery that follows it. */
const ALL_KILLS = [
  'writeTextFile:1',
  'syncFile:2',
  'syncFile:4',
  'writeTextFile:2',
  'publishFile:3',
  'copyToNewFile:2',
  'publishFile:4',
  'moveFile:1',
  'moveFile:2',
  'removePath:12',
]

/** A sample in `make test`; all with DROPLAKE_FAULTS=whole. */
const KILLS = ALL_KILLS.filter((_, index) => process.env.DROPLAKE_FAULTS === 'whole' || index % 3 === 1)

test.each(KILLS)(
  'a run with a correction that is killed at %s and repeated releases the same records',
  async (point) => {
    const lake = await lakeWithCorrection()
    const env = { ...process.env, DROPLAKE_FAULT: `${point}:kill` }
    const { signal } = spawnSync(process.execPath, [DROPLAKE, 'run'], { cwd: lake.folder, env, stdio: 'ignore' })
    expect(signal).toBe('SIGKILL')
    expect((await droplake(lake.folder, 'run')).exitCode).toBe(0)
    expect(await contentOf(lake)).toEqual({
      rows: [
        ['1', 'Ann', '1', 'null'],
        ['2', 'Bo', '2', 'null'],
        ['4', 'Di', '1', expect.stringMatching(/^\d{4}-/)],
      ],
      statuses: [
        ['employees.csv', '2', 'released'],
        ['employees.csv', '3', 'open'],
        ['employees2.csv', '1', 'released'],
      ],
      inbox: ['employees/employees.csv.1.csv'],
      uploads: [],
    })
    expect(await lake.findings()).toEqual([])
  },
)

/** Two records in quarantine and one that waits; a correction of one, and the department that the other waits for. */
async function lakeWithCorrection(): Promise<TempLake> {
  const lake = await tempLake({
    uploads: { ...PARENTS, 'employees.csv': `1,Ann,${T},1,1\n2,,${T},1,1\n3,Cem,${T},1,\n` },
  })
  const config = JSON.parse(await lake.read('pipeline_config.json'))
  config.tables.employees.references[0].onMissing = 'hold'
  await lake.write('pipeline_config.json', JSON.stringify(config))
  await lake.run()
  await lake.drop({ 'employees2.csv': `4,Di,${T},9,1\n` })
  await lake.run()
  const name = 'employees.csv.1.csv'
  await lake.drop({
    [name]: await correct(lake, name, (row) => ({ ...row, employee_name: row.employee_name || 'Bo' })),
    'departments2.csv': '9,New\n',
  })
  return lake
}

const T = '2021-07-01T10:00:00Z'

async function contentOf(lake: TempLake): Promise<unknown> {
  return {
    rows: await lake.query('select employee_id, employee_name, _line, _waited_since from dw.employees order by 1'),
    statuses: await lake.query('select _file, _line, _status from quarantine.employees order by all'),
    inbox: await lake.list('quarantine'),
    uploads: await lake.list('workingArea', 'uploads'),
  }
}
