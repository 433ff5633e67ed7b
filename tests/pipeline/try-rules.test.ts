import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { silentLogger } from '../../core/logger.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { tryRules } from '../../pipeline/try-rules/index.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

const id = { type: 'integer' }
const NAME = { type: 'string', maxLength: 5 }

function configOf(kinds: object, items: object, more: object = {}) {
  return {
    name: 'x',
    tables: {
      kinds: { files: ['kinds*'], columns: { id, ...kinds }, primaryKey: ['id'] },
      items: {
        files: ['items*'],
        columns: { id, kind: id, ...items },
        primaryKey: ['id'],
        references: [{ columns: ['kind'], table: 'kinds' }],
        ...more,
      },
    },
  }
}

const OPTIONS = { log: silentLogger(), clock: () => new Date('2026-11-21T12:00:00Z'), onProgress: () => undefined }

async function tryConfig(lake: TempLake, config: unknown, tableName: string | null = null) {
  const held = lake.project
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  const changed = lake.project
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(held.document))
  return (await tryRules(changed, OPTIONS, tableName)).tables
}

/** What a retry under a config releases: the ids of its entries. */
async function retry(lake: TempLake, config: unknown): Promise<string[]> {
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  const request = { command: 'quarantine retry', takesUploads: false, retry: { tableName: null, rule: null } }
  await runPipeline(lake.project, OPTIONS, request)
  return (
    await lake.query(`select _file || ':' || _line from quarantine.items where _status = 'released' order by 1`)
  ).flat()
}

const HELD = configOf({ name: NAME }, { name: NAME, price: { type: 'decimal(6,2)', required: false, min: 1 } })

const UPLOADS = {
  'kinds.csv': '1,red\n2,blue\n3,too long\n',
  'items1.csv': '1,1,ab,5\n2,1,abcdefg,5\n3,3,abc,5\n4,2,abc,0.5\n5,2,abc,9.99\n6,2,,\n',
  'items2.csv': '2,2,abc,2\n7,1, x ,3\n8,1,long and cheap,0.1\n,1,a,2\n9,1,NA,2\n',
}

test('a loosened rule releases in a retry exactly what was promised, by key and reference, too', async () => {
  const lake = await tempLake({ config: HELD, uploads: UPLOADS })
  await lake.run()
  const before = [await lake.list('lake'), await lake.list('quarantine')]
  const loose = configOf(
    { name: { ...NAME, maxLength: 20 } },
    { name: { ...NAME, maxLength: 20 }, price: { type: 'decimal(6,2)', required: false, min: '0.5' } },
  )
  const tables = await tryConfig(lake, loose)
  expect([await lake.list('lake'), await lake.list('quarantine')]).toEqual(before)
  const [kinds, items] = tables
  expect(kinds).toMatchObject({ table: 'kinds', rows: 2, quarantined: { records: 0 }, released: { records: 1 } })
  expect(items).toMatchObject({ table: 'items', rows: 5, quarantined: { records: 0 } })
  expect(items?.released.rules).toEqual([
    { rule: 'min:price', records: 1 },
    { rule: 'reference:kind', records: 1 },
  ])
  expect(items?.released.examples.map(({ file, line, reason }) => [`${file}:${line}`, reason])).toEqual([
    ['items1.csv:3', 'kind "3" is not in kinds'],
    ['items1.csv:4', 'price "0.5" is below the least value, 1'],
  ])
  expect(await retry(lake, loose)).toEqual(['items1.csv:3', 'items1.csv:4'])
  expect(await lake.findings()).toEqual([])
})

test('a tightened rule tells which rows it would hold back, and those that refer to them', async () => {
  const lake = await tempLake({ config: HELD, uploads: UPLOADS })
  await lake.run()
  const tight = configOf(
    { name: { ...NAME, oneOf: ['red'] } },
    {
      name: { ...NAME, trim: true, minLength: 2, nullValues: ['NA'] },
      price: { type: 'decimal(6,2)', required: false, max: '9.98' },
    },
    { checks: [{ name: 'cheap', expression: 'price < 5 or kind = 2', message: 'kind 1 is to be cheap' }] },
  )
  const [kinds, items] = await tryConfig(lake, tight)
  expect(kinds?.quarantined).toMatchObject({ records: 1, rules: [{ rule: 'one_of:name', records: 1 }] })
  expect(items?.rows).toBe(5)
  expect(items?.quarantined.examples.map(({ file, line, rules }) => [`${file}:${line}`, ...rules])).toEqual([
    ['items1.csv:1', 'check:cheap'],
    ['items1.csv:5', 'max:price', 'reference:kind'],
    ['items2.csv:1', 'reference:kind'],
    ['items2.csv:2', 'min_length:name'],
    ['items2.csv:5', 'required:name'],
  ])
  const [only, ...others] = await tryConfig(lake, tight, 'items')
  expect(others).toEqual([])
  expect(only).toEqual(items)
})

test('a row that was corrected is judged as the person has corrected it', async () => {
  const lake = await tempLake({ config: HELD, uploads: UPLOADS })
  await lake.run()
  const [csv = ''] = await lake.list('quarantine', 'items')
  const text = await lake.read('quarantine', 'items', csv)
  await lake.drop({ 'items.fixed.csv': text.replaceAll('abcdefg', 'okay').replace(',2,1,okay', ',22,1,okay') })
  await lake.run()
  const rows = await lake.query('select id, name from dw.items where id = 22')
  expect(rows).toEqual([['22', 'okay']])
  const tight = configOf(
    { name: NAME },
    { name: { ...NAME, pattern: '.*k.*', maxLength: 20 }, price: { type: 'decimal(6,2)', required: false, min: 1 } },
  )
  const items = (await tryConfig(lake, tight, 'items'))[0]
  expect(items?.rows).toBe(6)
  expect(items?.quarantined).toMatchObject({ records: 5, rules: [{ rule: 'pattern:name', records: 5 }] })
  expect(items?.quarantined.examples.map(({ file, line }) => `${file}:${line}`)).not.toContain('items1.csv:2')
})

test('a config that no run would take is refused', async () => {
  const lake = await tempLake({ config: HELD, uploads: UPLOADS })
  await lake.run()
  await expect(tryConfig(lake, configOf({ name: { type: 'integer' } }, {}))).rejects.toMatchObject({
    code: 'CONTRACT_CONFLICT',
  })
  await expect(tryConfig(lake, configOf({ name: { ...NAME, pattern: '(' } }, {}))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})
