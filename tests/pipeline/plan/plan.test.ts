import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withLake } from '../../../control/open-lake.ts'
import { silentLogger } from '../../../core/logger.ts'
import { planRun, type RunPlan } from '../../../pipeline/plan/index.ts'
import type { RunSummary } from '../../../pipeline/summary.ts'
import { PARENTS, REPOSITORY, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const HIRES = join(REPOSITORY, '..', 'shared', 'data', 'hires')
const SAMPLES = join(REPOSITORY, 'samples', 'hires')
const options = { log: silentLogger(), clock: () => new Date(), onProgress: () => undefined }

const hires = (folder: string) =>
  Object.fromEntries(
    ['departments.csv', 'jobs.csv', 'employees.csv'].map((name) => [name, readFileSync(join(folder, name))]),
  )

/** What a plan says, and what the summary of the run says. */
function comparable({
  tables,
  files,
  waiting,
  rules,
  runId,
  marts,
}: Pick<RunPlan | RunSummary, 'tables' | 'files' | 'waiting' | 'rules' | 'runId' | 'marts'>) {
  const withoutPlan = files.map((file) => {
    const {
      file: name,
      table,
      outcome,
      records,
      loaded,
      updated,
      unchanged,
      quarantined,
      duplicateOf,
      reason,
      hint,
    } = file
    return { name, table, outcome, records, loaded, updated, unchanged, quarantined, duplicateOf, reason, hint }
  })
  const plannedMarts = marts.map(({ mart, rows, isNew, heldBack, failedTests }) => {
    return { mart, rows, isNew, heldBack: heldBack?.reason, failedTests }
  })
  return { tables, files: withoutPlan, waiting, rules, runId, marts: plannedMarts }
}

/** Every file below a folder with its size and time of change. */
async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      const { size, mtimeNs } = await stat(path, { bigint: true })
      return `${path} ${size} ${mtimeNs}`
    }),
  )
  return found.sort()
}

/** Plan, make sure that nothing was written, run, and compare. */
async function planThenRun(lake: TempLake): Promise<RunPlan> {
  const before = await allFiles(lake.folder)
  const plan = await planRun(lake.project, options)
  expect(await allFiles(lake.folder)).toEqual(before)
  expect(comparable(plan)).toEqual(comparable(await lake.run()))
  return plan
}

describe('a plan says what the run then does, and writes nothing:', () => {
  const tmpBefore = process.env.TMPDIR
  let scratch = ''
  beforeEach(async () => {
    const lake = await tempLake()
    scratch = lake.path('tmp')
    await mkdir(scratch)
  })
  afterEach(() => {
    if (tmpBefore === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = tmpBefore
  })

  test('the sample files, into a new lake and again', async () => {
    const lake = await tempLake({ uploads: hires(SAMPLES) })
    process.env.TMPDIR = scratch
    const plan = await planThenRun(lake)
    expect(plan.rules.length).toBeGreaterThan(5)
    expect(plan.files.find(({ file }) => file === 'employees.csv')?.rules.length).toBeGreaterThan(5)
    await lake.drop({
      ...hires(SAMPLES),
      'employees_2.csv': 'EMPLOYEE ID,Employee_Name,hiring_date,department_id,job_id,Notes\n',
    })
    const again = await planThenRun(lake)
    expect(again.files.map(({ outcome }) => outcome)).toEqual(['loaded', 'duplicate', 'duplicate', 'duplicate'])
    expect(again.files[0]?.drift).toMatchObject({
      extra: ['Notes'],
      missing: [],
      renamed: [
        { found: 'EMPLOYEE ID', column: 'employee_id' },
        { found: 'Employee_Name', column: 'employee_name' },
      ],
    })
    expect(await readdir(scratch)).toEqual([])
  })

  test.skipIf(!existsSync(HIRES))('the real hires files, and their new records', async () => {
    const lake = await tempLake({ uploads: hires(HIRES) })
    await planThenRun(lake)
    const names = ['departments', 'jobs', 'employees']
    await lake.drop(
      Object.fromEntries(
        names.map((name) => [`${name}_new.csv`, readFileSync(join(HIRES, 'new_records', `${name}.csv`))]),
      ),
    )
    await planThenRun(lake)
  })

  test('marts that would be made anew, stay as they are, or be held back with those that read them', async () => {
    const config = {
      name: 'x',
      tables: {
        sales: {
          files: ['sales*'],
          columns: { id: { type: 'integer' }, sum: { type: 'integer' } },
          primaryKey: ['id'],
        },
        shops: { files: ['shops*'], columns: { shop: { type: 'string' } }, primaryKey: ['shop'] },
      },
      marts: {
        sums: { sql: 'sums.sql', tests: { sql: { positive: 'sum <= 0' } } },
        total: { sql: 'total.sql' },
        shop_list: { sql: 'shops.sql' },
      },
    }
    const sql = {
      'sums.sql': 'select id, sum from dw.sales order by id',
      'total.sql': 'select sum(sum) as total from app.sums',
      'shops.sql': 'select shop from dw.shops order by shop',
    }
    const lake = await tempLake({ config, sql, uploads: { 'sales.csv': '1,5\n', 'shops.csv': 'A\n' } })
    process.env.TMPDIR = scratch
    await planThenRun(lake)
    expect((await planThenRun(lake)).marts.map(({ isNew }) => isNew)).toEqual([false, false, false])
    await lake.drop({ 'sales2.csv': '2,-7\n' })
    const { marts } = await planThenRun(lake)
    const [sums, total, shops] = ['sums', 'total', 'shop_list'].map((name) => marts.find(({ mart }) => mart === name))
    expect(sums).toMatchObject({ rows: 1, isNew: false, failedTests: [{ sample: [{ id: '2', sum: '-7' }] }] })
    expect(total?.heldBack?.reason).toBe('it reads app.sums, which was held back')
    expect(shops).toMatchObject({ rows: 1, isNew: false, heldBack: null })
    expect(await readdir(scratch)).toEqual([])
  })

  test('files that are refused, corrections from the quarantine, and records that wait', async () => {
    const config = {
      name: 'x',
      tables: {
        shops: { files: ['shops*'], columns: { shop: { type: 'string' } }, primaryKey: ['shop'] },
        sales: {
          files: ['sales*'],
          columns: { id: { type: 'integer' }, shop: { type: 'string' }, sum: { type: 'integer' } },
          primaryKey: ['id'],
          references: [{ columns: ['shop'], table: 'shops', onMissing: 'hold' }],
        },
      },
    }
    const lake = await tempLake({ config, uploads: { 'shops.csv': 'A\n', 'sales.csv': '1,A,5\n2,A,x\n3,B,7\n' } })
    await lake.drop({ 'what.csv': 'x\n', 'shops2.csv': '' })
    const plan = await planThenRun(lake)
    expect(plan.files.map(({ file, outcome }) => [file, outcome])).toEqual([
      ['sales.csv', 'loaded'],
      ['shops.csv', 'loaded'],
      ['what.csv', 'refused'],
      ['shops2.csv', 'refused'],
    ])
    const [inbox] = await lake.list('quarantine', 'sales')
    const csv = (await lake.read('quarantine', 'sales', inbox ?? '')).replace(',x', ',6')
    await lake.drop({ 'corrected.csv': csv, 'shops3.csv': 'B\n' })
    const corrections = await planThenRun(lake)
    expect(corrections.files.find(({ file }) => file === 'corrected.csv')).toMatchObject({
      isCorrection: true,
      table: 'sales',
    })
    expect(await lake.query('select count(*) from dw.sales')).toEqual([['3']])
  })

  test('beside a run that holds the lake', async () => {
    const lake = await tempLake({ uploads: PARENTS })
    const plan = await withLake(lake.project, options, () => planRun(lake.project, options))
    expect(plan.tables.map(({ table, loaded }) => [table, loaded])).toEqual([
      ['departments', 3],
      ['jobs', 2],
      ['employees', 0],
    ])
  })
})

test('a plan is refused for what a run is refused for', async () => {
  const lake = await tempLake({ sql: { 'pipeline/app/marts/hires_by_quarter.sql': 'select 1 from dw.nowhere' } })
  await expect(planRun(lake.project, options)).rejects.toMatchObject({ code: 'MART_INVALID' })
})
