import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { PARENTS, tempLake } from '../../helpers/temp-lake.ts'

/** Do something while a run is at work: as soon as it reports its first progress. */
function once(action: () => Promise<void>): () => void {
  let isDone = false
  return () => {
    if (!isDone) void action()
    isDone = true
  }
}

test('an upload that is replaced while a run reads it: the new one waits, and what was loaded is kept in processed', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS } })
  const path = lake.path('workingArea', 'uploads', 'jobs.csv')
  const replaced = once(async () => {
    await writeFile(`${lake.folder}/other`, '8,New\n')
    await rename(`${lake.folder}/other`, path)
  })
  // The copy of jobs.csv has ended when reading it begins.
  await lake.run({ onProgress: ({ file, stage }) => file === 'jobs.csv' && stage === 'read' && replaced() })
  expect(readFileSync(path, 'utf8')).toBe('8,New\n')
  expect(await lake.read('workingArea', 'processed', 'jobs.csv')).toBe(PARENTS['jobs.csv'])
  await lake.run()
  expect((await lake.query('select job_name from dw.jobs order by job_id')).flat()).toEqual([
    'Recruiter',
    'Analyst',
    'New',
  ])
  expect(await lake.list('workingArea', 'processed')).toEqual(['departments.csv', 'jobs.2.csv', 'jobs.csv'])
})

test('an upload that is deleted while a run reads it is loaded, and kept in processed', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS } })
  const deleted = once(() => rm(lake.path('workingArea', 'uploads', 'jobs.csv')))
  await lake.run({ onProgress: ({ file, stage }) => file === 'jobs.csv' && stage === 'read' && deleted() })
  expect(await lake.query('select count(*) from dw.jobs')).toEqual([['2']])
  expect(await lake.read('workingArea', 'processed', 'jobs.csv')).toBe(PARENTS['jobs.csv'])
})

test('an upload that grows while it is copied waits for the next run', async () => {
  const large = '1,Clerk\n'.repeat(300_000)
  const lake = await tempLake({ uploads: { 'jobs.csv': large } })
  const path = lake.path('workingArea', 'uploads', 'jobs.csv')
  const grown = once(() => writeFile(path, '2,Cook\n', { flag: 'a' }))
  const summary = await lake.run({ onProgress: ({ stage }) => stage === 'copy' && grown() })
  expect([summary.waiting, summary.files]).toEqual([['jobs.csv'], []])
  expect(statSync(path).size).toBe(large.length + 7)
  expect((await lake.run()).files).toMatchObject([{ file: 'jobs.csv', outcome: 'loaded', records: 300_001 }])
})

test('the reason of a refused file never overwrites another file', async () => {
  const lake = await tempLake({ uploads: { 'zz.csv.reason.txt': 'mine' } })
  await lake.run()
  await lake.drop({ 'zz.csv': 'x' })
  await lake.run()
  expect(await lake.list('quarantine', 'files')).toEqual([
    'zz.2.csv',
    'zz.2.csv.reason.txt',
    'zz.csv.reason.txt',
    'zz.csv.reason.txt.reason.txt',
  ])
  expect(await lake.read('quarantine', 'files', 'zz.csv.reason.txt')).toBe('mine')
})

test('what cannot be delivered is told, holds up nothing else, and is done by a later run', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS } })
  await mkdir(lake.path('reports', 'hires_by_quarter.csv'), { recursive: true })
  const first = await lake.run()
  expect(first.problems).toEqual([expect.stringMatching(/^report hires_by_quarter: /)])
  expect(await lake.list('workingArea', 'uploads')).toEqual([])
  expect(existsSync(lake.path('reports', 'departments_above_average.csv'))).toBe(true)
  await rm(lake.path('reports', 'hires_by_quarter.csv'), { recursive: true })
  await lake.drop({ 'jobs2.csv': '3,Clerk\n' })
  expect((await lake.run()).problems).toEqual([])
  expect(await lake.read('reports', 'hires_by_quarter.csv')).toBe('department,job,q1,q2,q3,q4\n')
  expect(await readdir(lake.path('lake', 'staging'))).toEqual([])
})

test('a report that is late is not written over a newer one', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': '1,Ada,2021-07-01T10:00:00Z,1,1\n' } })
  const report = lake.path('reports', 'hires_by_quarter.csv')
  await mkdir(report, { recursive: true })
  await lake.run()
  // The first run's report fails once more when the second begins, and the second run's own finds the way free.
  await lake.drop({ 'employees2.csv': '2,Bob,2021-01-01T10:00:00Z,1,1\n' })
  const freed = once(() => rm(report, { recursive: true }))
  expect((await lake.run({ onProgress: freed })).problems).toHaveLength(1)
  expect((await lake.run()).problems).toEqual([])
  expect(readFileSync(report, 'utf8')).toBe('department,job,q1,q2,q3,q4\nSales,Recruiter,1,0,1,0\n')
})

test('the report of a mart that has left the config goes', async () => {
  const lake = await tempLake({ uploads: { ...PARENTS }, pages: true })
  await lake.run()
  const config = JSON.parse(await lake.read('pipeline_config.json')) as { marts: Record<string, unknown> }
  delete config.marts.departments_above_average
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  await lake.run()
  expect(await lake.list('reports')).toEqual([
    'department_hires.csv',
    'department_hires.html',
    'department_hires.svg',
    'hires_by_quarter.csv',
    'hires_by_quarter.html',
    'hires_by_quarter.svg',
    'index.html',
  ])
})
