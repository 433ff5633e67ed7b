import { expect, onTestFinished, test } from 'vitest'
import { readLakeState } from '../../control/catalog.ts'
import { layoutOf } from '../../control/layout.ts'
import { dropViews, replaceViews } from '../../control/views.ts'
import { Engine } from '../../core/engine.ts'
import { sql } from '../../core/sql.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

test('only views that show something else than before are made anew', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  const engine = await Engine.open({ path: ':memory:' })
  onTestFinished(() => engine.close())
  const layout = layoutOf(lake.project)
  const { dataFiles } = await readLakeState(engine, layout)
  await engine.run(sql`
    attach ':memory:' as other; create schema other.ods; create schema other.dw; create schema other.app; create schema other.quarantine`)
  const { config } = lake.project
  const show = (files: typeof dataFiles) => replaceViews(engine, 'other', config, layout, files)
  const numbers = async () =>
    Object.fromEntries(
      (
        await engine.rows<{ name: string; number: number }>(sql`
          select schema_name || '.' || view_name as name, view_oid as number
          from duckdb_views() where database_name = 'other' and not internal`)
      ).map(({ name, number }) => [name, number]),
    )

  await show(dataFiles)
  const first = await numbers()
  expect(Object.keys(first)).toHaveLength(3 * Object.keys(config.tables).length + Object.keys(config.marts).length)
  await show(dataFiles)
  expect(await numbers()).toEqual(first)

  await show(dataFiles.filter((file) => file.layer !== 'dw' || file.tableName !== 'jobs'))
  const second = await numbers()
  expect(Object.keys(first).filter((name) => first[name] !== second[name])).toEqual(['dw.jobs'])
  expect(await engine.row(sql`select count(*) as n from other.dw.jobs`)).toEqual({ n: 0 })

  // Someone else's view of the same name is replaced, and one that no table has goes.
  await engine.run(sql`
    create or replace view other.dw.jobs as select 1 as mine; create view other.dw.mine as select 1 as mine`)
  await show(dataFiles)
  expect(Object.keys(await numbers()).sort()).toEqual(Object.keys(first).sort())
  expect(await engine.row(sql`select count(*) as n from other.dw.jobs`)).toEqual({ n: 2 })
  await dropViews(engine, 'other')
  expect(await numbers()).toEqual({})
})
