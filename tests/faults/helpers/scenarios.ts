import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../../helpers/temp-lake.ts'
import { FaultLake, type Uploads } from './fault-lake.ts'

const sampleLines = (name: string) => readFileSync(join(REPOSITORY, 'samples', 'hires', name), 'utf8').split('\n')
const lines = (all: readonly string[], from: number, to: number) => `${all.slice(from, to).join('\n')}\n`

const departments = sampleLines('departments.csv')
const jobs = sampleLines('jobs.csv')
const employees = sampleLines('employees.csv')
const header = `${employees[0]}\n`

/** Good records, bad records, and a file that is refused. */
const FIRST: Uploads = {
  'departments.csv': lines(departments, 0, 8),
  'employees.csv': lines(employees, 0, 60),
  'jobs.csv': lines(jobs, 0, 200),
  'notes.txt': 'a file of no table\n',
}

/** More of each table, the same content under another name, and another content under the same name. */
const SECOND: Uploads = {
  'departments.csv': `${departments[0]}\n${lines(departments, 8, 15)}`,
  'employees.csv': header + lines(employees, 60, 120),
  'jobs_again.csv': FIRST['jobs.csv'] ?? '',
  'notes.txt': 'another file of no table\n',
  'jobs_more.csv': '9001,Diver\n9001,Diver\n9002,\n',
}

/** Rows that change: employees are replaced, jobs keep their versions; some come as they are. */
const CHANGES: Uploads = {
  'employees.csv': header + lines(employees, 1, 60).replaceAll(',1,', ',2,') + lines(employees, 60, 80),
  'jobs_more.csv': `${jobs[0]}\n${lines(jobs, 1, 20).replaceAll('a', 'o')}9001,Diver\n9001,Driver\n`,
}

export const SCENARIOS = ['first run', 'second run'] as const
export type Scenario = (typeof SCENARIOS)[number] | 'changing run'

/** A lake right before a run over three tables: its first one, or one over a lake with data. */
export async function lakeBefore(scenario: Scenario): Promise<FaultLake> {
  const lake = new FaultLake()
  if (scenario === 'changing run') configureChanges(lake)
  lake.drop(FIRST)
  if (scenario !== 'first run') {
    await lake.run()
    lake.drop(scenario === 'second run' ? SECOND : CHANGES)
  }
  lake.save()
  return lake
}

function configureChanges(lake: FaultLake): void {
  const path = lake.path('pipeline_config.json')
  const config = JSON.parse(readFileSync(path, 'utf8')) as { tables: Record<string, object> }
  Object.assign(config.tables.employees ?? {}, { onConflict: 'update' })
  Object.assign(config.tables.jobs ?? {}, { onConflict: 'history', unique: [['job_name']] })
  writeFileSync(path, JSON.stringify(config))
}
