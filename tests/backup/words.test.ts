import { mkdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { verifyBackup } from '../../backup/index.ts'
import { backUp, restoreTable } from '../helpers/avro.ts'
import { droplake } from '../helpers/run-cli.ts'
import { tempLake } from '../helpers/temp-lake.ts'

const table = (name: string) => ({ files: [`${name}*.csv`], columns: { id: { type: 'integer' } }, primaryKey: ['id'] })
const CONFIG = { name: 'words', tables: { list: table('list'), prune: table('prune'), other: table('other') } }

const newLake = () =>
  tempLake({ config: CONFIG, uploads: { 'list.csv': '1\n', 'prune.csv': '2\n', 'other.csv': '3\n' } })

test('tables named as the words of the command; list, verify and prune of some tables only', async () => {
  const lake = await newLake()
  await lake.run()
  const run = (...words: string[]) => droplake(lake.folder, ...words)
  expect((await run('backup', '--table', 'list', '--table', 'prune')).exitCode).toBe(0)
  await lake.drop({ 'other2.csv': '4\n' })
  await lake.run()
  expect((await run('backup', '--all')).exitCode).toBe(0)
  const listed = await run('backup', 'list', 'prune', '--json')
  const { backups } = JSON.parse(listed.stdout) as { backups: { entry: { tableName: string; version: number } }[] }
  expect(backups.map(({ entry }) => [entry.tableName, entry.version])).toEqual([
    ['prune', 2],
    ['prune', 1],
  ])
  expect((await run('backup', 'prune', 'list', '--keep', '1', '--yes')).exitCode).toBe(0)
  expect(await lake.list('backups', 'list')).toEqual(['latest.avro', 'list.v2.avro', 'list.v2.lineage.avro'])
  expect((await lake.list('backups', 'prune')).length).toBe(5)
  for (const word of ['list', 'verify', 'prune']) {
    const answer = await run('backup', word, 'other', 'nosuch', '--keep', '1', '--yes')
    expect([answer.exitCode, answer.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining(`error BACKUP_NOT_FOUND: there is no backup of "nosuch" in "${lake.path('backups')}"`),
    ])
  }
  expect((await run('restore', 'list', '--yes')).exitCode).toBe(0)
}, 180_000)

test('--as takes a name in one spelling only, and --from a file', async () => {
  const lake = await newLake()
  await lake.run()
  await backUp(lake)
  await restoreTable(lake, 'other', { as: 'copy' })
  await restoreTable(lake, 'other', { as: 'copy' })
  const taken = { code: 'USAGE', message: '--as "Copy" is taken by "copy"; choose another name' }
  await expect(restoreTable(lake, 'other', { as: 'Copy' })).rejects.toMatchObject(taken)
  await expect(restoreTable(lake, 'other', { as: 'Files' })).rejects.toMatchObject({ code: 'USAGE' })
  await mkdir(lake.path('folder'))
  await expect(restoreTable(lake, 'other', { from: lake.path('folder') })).rejects.toMatchObject({
    code: 'BACKUP_NOT_FOUND',
    message: `"${lake.path('folder')}" is a folder; expected an Avro file`,
  })
})

test('two backups of one table at once are both whole, whichever is the last', async () => {
  const lake = await tempLake({
    config: CONFIG,
    uploads: { 'other.csv': Array.from({ length: 50_000 }, (_, row) => `${row}\n`).join('') },
  })
  await lake.run()
  const done = await Promise.all([
    backUp(lake, ['other'], 'deflate'),
    backUp(lake, ['other'], 'null'),
    backUp(lake, ['other'], 'snappy'),
  ])
  expect(done.map(([backup]) => backup?.rows)).toEqual([50_000, 50_000, 50_000])
  expect(await lake.list('backups', 'other')).toEqual(['latest.avro', 'other.v1.avro', 'other.v1.lineage.avro'])
  expect(await verifyBackup(lake.path('backups', 'other', 'other.v1.avro'))).toMatchObject({
    rows: 50_000,
    fault: null,
  })
})
