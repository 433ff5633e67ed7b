import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { queryVersion } from '../../../control/query-lake.ts'
import { diffVersions } from '../../../control/versions/diff-versions.ts'
import { listVersions } from '../../../control/versions/list-versions.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const table = (columns: object) => ({
  name: 'x',
  tables: { t: { files: ['*.csv'], columns, primaryKey: ['id'] } },
  marts: {},
})
const ID = { id: { type: 'integer' } }

async function queryAt(lake: TempLake, version: number, text: string): Promise<string[][]> {
  return queryVersion(lake.project, version, text, async (result) => {
    const rows: string[][] = []
    for await (const chunk of result.chunks) rows.push(...chunk.getRows().map((row) => row.map(String)))
    return rows
  })
}

async function configure(lake: TempLake, config: object): Promise<void> {
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
}

test('a version shows the rows that it had, and the tables of the config that came later are empty', async () => {
  const lake = await tempLake({ config: table(ID), uploads: { 'a.csv': '1\nx\n' } })
  await lake.run()
  await lake.drop({ 'b.csv': '2\n' })
  await lake.run()
  await configure(lake, {
    ...table(ID),
    tables: { ...table(ID).tables, later: { files: ['l'], columns: ID, primaryKey: ['id'] } },
  })
  expect(await queryAt(lake, 0, 'select count(*) from dw.t')).toEqual([['0']])
  expect(await queryAt(lake, 1, 'from dw.t select id, _line')).toEqual([['1', '1']])
  expect(await queryAt(lake, 2, 'from dw.t select id order by id')).toEqual([['1'], ['2']])
  expect(await queryAt(lake, 1, 'select count(*) from ods.t, quarantine.t')).toEqual([['2']])
  expect(await queryAt(lake, 1, 'select count(*) from dw.later')).toEqual([['0']])
  expect(await queryAt(lake, 1, 'select max(version) from control.runs')).toEqual([['2']])
  await expect(queryAt(lake, 3, 'from dw.t')).rejects.toMatchObject({
    code: 'VERSION_NOT_FOUND',
    message: 'there is no version 3; the newest is 2',
  })
  await expect(queryAt(lake, 1, 'create table x (a int)')).rejects.toMatchObject({ code: 'QUERY_REFUSED' })
})

test('over changes of the contract, a version keeps the columns it had, and columns that came later are NULL', async () => {
  const lake = await tempLake({
    config: table({ ...ID, old: { type: 'decimal(10,2)' } }),
    uploads: { 'a.csv': '1,2.50\n' },
  })
  await lake.run()
  await configure(lake, table({ ...ID, fresh: { type: 'string' } }))
  await lake.drop({ 'b.csv': '2,new\n' })
  await lake.run()
  expect(await queryAt(lake, 1, 'select id, fresh, old, typeof(old) from dw.t')).toEqual([
    ['1', 'null', '2.50', 'DECIMAL(10,2)'],
  ])
  expect(await queryAt(lake, 1, 'select id, old from ods.t')).toEqual([['1', '2.50']])
  expect(await queryAt(lake, 2, 'select id, fresh, old from dw.t order by id')).toEqual([
    ['1', 'null', '2.50'],
    ['2', 'new', 'null'],
  ])
  expect(await diffVersions(lake.project, 1, 2, 't', 5)).toMatchObject({
    added: 1,
    removed: 0,
    changed: 0,
    examples: { added: [{ id: '2', fresh: 'new' }] },
  })
})

test('history tells of every version the run, the time and the rows; runs that changed nothing make none', async () => {
  const lake = await tempLake({ config: table(ID), uploads: { 'a.csv': '1\n2\n' } })
  const clock = () => new Date('2026-02-03T04:05:06Z')
  await lake.run({ clock })
  await lake.run({ clock })
  await lake.drop({ 'b.csv': '3\n' })
  await lake.run({ clock })
  const shared = { command: 'run', madeAt: '2026-02-03T04:05:06.000Z', isRolledBack: false, isReadable: true }
  expect(await listVersions(lake.project, 10)).toEqual([
    { version: 2, runId: 3, rows: { t: 3 }, ...shared },
    { version: 1, runId: 1, rows: { t: 2 }, ...shared },
  ])
  expect(await listVersions(lake.project, 1)).toHaveLength(1)
})

test('diff counts what an independent reckoning counts, in both directions', async () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `${from + index}\n`).join('')
  const lake = await tempLake({ config: table(ID) })
  const present: Set<number>[] = [new Set()]
  for (let version = 1; version <= 4; version++) {
    const [from, to] = [version * 7, version * 11]
    await lake.drop({ [`f${version}.csv`]: rows(from, to) })
    await lake.run()
    const now = new Set(present.at(-1))
    for (let id = from; id < to; id++) now.add(id)
    present.push(now)
  }
  for (const [from, to] of [
    [0, 4],
    [1, 3],
    [3, 1],
    [2, 2],
  ] as const) {
    const [before, after] = [present[from] as Set<number>, present[to] as Set<number>]
    const diff = await diffVersions(lake.project, from, to, 't', 3)
    const added = [...after].filter((id) => !before.has(id)).sort((a, b) => a - b)
    expect(diff).toMatchObject({ added: added.length, changed: 0 })
    expect(diff.removed).toBe([...before].filter((id) => !after.has(id)).length)
    expect(diff.examples.added).toEqual(added.slice(0, 3).map((id) => ({ id: String(id) })))
  }
  await expect(diffVersions(lake.project, 1, 2, 'T2', 3)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
})
