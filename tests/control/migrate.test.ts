import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readStatus } from '../../control/status.ts'
import { Engine } from '../../core/engine.ts'
import { raw, sql } from '../../core/sql.ts'
import { rollback } from '../../pipeline/maintain/rollback.ts'
import { quietly } from '../helpers/maintain.ts'
import { REPOSITORY, TempLake, tempLake } from '../helpers/temp-lake.ts'

const MIGRATIONS = readdirSync(join(REPOSITORY, 'control', 'migrations'))
  .map((name) => basename(name, '.sql'))
  .sort()
const RECORDED = 'select name from control.migrations order by name'
const PRODUCTS = 'select id, name, _run_id from dw.products order by id'

/** A lake of `tests/fixtures/lakes`, moved to a folder of its own. */
function earlierLake(name: string): TempLake {
  const folder = mkdtempSync(join(tmpdir(), 'droplake-earlier-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('tar', ['-xzf', join(REPOSITORY, 'tests', 'fixtures', 'lakes', `${name}.tar.gz`), '-C', folder])
  return new TempLake(folder)
}

test.each([
  'format-1',
  'format-2',
  'format-3-quarantine',
  'format-3-rules',
  'format-3-replaced-rows',
  'format-3-marts',
  'format-3-backups',
])('a lake of %s is verified, run, and rolled back, and gets the migrations that it lacks', async (name) => {
  const lake = earlierLake(name)
  expect(await lake.findings()).toEqual([expect.stringMatching(/^catalogs: the lake was moved from/)])

  await expect(lake.query(PRODUCTS)).rejects.toThrow('the lake was moved from')
  writeFileSync(lake.path('uploads', 'products_3.csv'), 'id,name\n4,Rice\n')
  const summary = await lake.run()
  expect(summary.version).toBe(3)
  expect(await lake.query(RECORDED)).toEqual(MIGRATIONS.map((migration) => [migration]))
  expect(await lake.query(PRODUCTS)).toEqual([
    ['1', 'Tea', '1'],
    ['3', 'Salt', '2'],
    ['4', 'Rice', '3'],
  ])
  expect(await lake.query('select run_id, command, status from control.runs order by run_id')).toEqual([
    ['1', 'run', 'committed'],
    ['2', 'run', 'committed'],
    ['3', 'run', 'committed'],
  ])
  expect(await lake.findings()).toEqual([])

  await rollback(lake.project, 1, quietly())
  expect(await lake.query(PRODUCTS)).toEqual([['1', 'Tea', '1']])
  expect(await lake.findings()).toEqual([])
})

test('a new lake records that it has all migrations', async () => {
  const lake = await tempLake()
  await lake.run()
  expect(await lake.query(RECORDED)).toEqual(MIGRATIONS.map((migration) => [migration]))
})

test('a lake of format 1 is read before its next run: queries, and its status', async () => {
  const lake = earlierLake('format-1')
  await moveViews(lake)
  expect(await lake.query(PRODUCTS)).toEqual([
    ['1', 'Tea', '1'],
    ['3', 'Salt', '2'],
  ])
  const { tables, marts } = await readStatus(lake.project)
  expect(tables).toMatchObject([{ table: 'products', rows: 2, quarantined: 2 }])
  expect(marts).toMatchObject([{ mart: 'names', rows: 1 }])
})

/** Let the views of the newest catalog point to where the lake is, as in a lake that was never moved. */
async function moveViews(lake: TempLake): Promise<void> {
  const engine = await Engine.open({ path: lake.path('lake', 'history', '000002.duckdb') })
  try {
    const { root } = await engine.row<{ root: string }>(sql`select root from control.lake`)
    const views = await engine.rows<{ text: string }>(sql`select sql as text from duckdb_views() where not internal`)
    for (const { text } of views) {
      const moved = text.replaceAll(root, lake.path('lake'))
      await engine.run(raw(moved.replace('CREATE VIEW', 'CREATE OR REPLACE VIEW')))
    }
    await engine.run(sql`update control.lake set root = ${lake.path('lake')}`)
  } finally {
    engine.close()
  }
}
