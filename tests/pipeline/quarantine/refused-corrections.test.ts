import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { discard } from '../../../pipeline/maintain/discard.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { runPipeline } from '../../../pipeline/run.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { type CsvRow, formatCsv, parseCsv } from '../../helpers/quarantine-csv.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

// Rows of a correction CSV that name no open record are refused, and stay so: one record is one row at most.

const table = (name: string) => ({
  files: [`${name}*.csv`],
  columns: { k: { type: 'integer' }, v: { type: 'string', maxLength: 3 } },
  primaryKey: ['k'],
})
const config = { name: 'x', tables: { a: table('a'), b: table('b') } }
const UNKNOWN = '0123456789abcdef:7'

const lakeWithQuarantine = usePreparedLake(
  { config, uploads: { 'a.csv': '1,long\n2,longer\n', 'b.csv': '5,long\n' } },
  async (lake) => {
    await lake.run()
  },
)

const retry = (lake: TempLake, tableName: string | null = null) =>
  runPipeline(lake.project, quietly(), {
    command: 'quarantine retry',
    takesUploads: false,
    retry: { tableName, rule: null },
  })

const idOf = async (lake: TempLake, name: string, line: number) =>
  (await lake.query(`select _id from quarantine.${name} where _file = '${name}.csv' and _line = ${line}`))[0]?.[0] ?? ''

const csv = (rows: readonly (readonly [id: string, k: string, v: string])[]) =>
  `_id,k,v\n${rows.map((row) => `${row.join()}\n`).join('')}`

const rowsOf = (lake: TempLake, name: string) => lake.query(`select k, v from dw.${name} order by all`)
const open = (lake: TempLake) =>
  lake.query("select _file, _line, _rules from quarantine.a where _status = 'open' order by all")

test.each([
  ['that stands in the CSV twice', async (lake: TempLake) => idOf(lake, 'a', 1)],
  ['that is unknown', async () => UNKNOWN],
  ['that is empty', async () => ''],
  ['of a record of another table', async (lake: TempLake) => idOf(lake, 'b', 1)],
])('a row with an _id %s is not loaded by a retry', async (_title, second) => {
  const lake = await lakeWithQuarantine()
  const rows = csv([
    [await idOf(lake, 'a', 1), '1', 'ok'],
    [await second(lake), '9', 'ok'],
  ])
  await lake.drop({ 'fix.csv': rows })
  expect((await lake.run()).files).toMatchObject([{ loaded: 1, quarantined: 1 }])
  for (const tableName of [null, 'a', 'b']) expect(await retry(lake, tableName)).toMatchObject({ isNewVersion: false })
  expect(await rowsOf(lake, 'a')).toEqual([['1', 'ok']])
  expect(await rowsOf(lake, 'b')).toEqual([])
  expect(await open(lake)).toEqual([
    ['a.csv', '2', "['max_length:v']"],
    ['fix.csv', '3', "['malformed']"],
  ])
  expect(await lake.findings()).toEqual([])
})

test('a retry after a rule was loosened loads the record itself, and not the refused row that meant it', async () => {
  const lake = await lakeWithQuarantine()
  const id = await idOf(lake, 'a', 1)
  // Both are too long as well.
  const both = csv([
    [id, '1', 'still long'],
    [id, '3', 'long too'],
  ])
  await lake.drop({ 'fix.csv': both })
  await lake.run()
  await writeFile(
    lake.path('pipeline_config.json'),
    JSON.stringify(config).replaceAll('"maxLength":3', '"maxLength":30'),
  )
  await retry(lake)
  expect(await rowsOf(lake, 'a')).toEqual([
    ['1', 'still long'],
    ['2', 'longer'],
  ])
  expect(await open(lake)).toEqual([['fix.csv', '3', "['malformed']"]])
  expect(await lake.findings()).toEqual([])
})

test('a record that could not be split is not loaded by a retry', async () => {
  const lake = await tempLake({ config, uploads: { 'a.csv': Buffer.from('1,ok\n2\n3,a\xff\n', 'latin1') } })
  await lake.run()
  expect(await open(lake)).toEqual([
    ['a.csv', '2', "['malformed']"],
    ['a.csv', '3', "['malformed']"],
  ])
  expect(await retry(lake)).toMatchObject({ isNewVersion: false })
  expect(await rowsOf(lake, 'a')).toEqual([['1', 'ok']])
})

test('a refused row dropped back, as it is or changed, never becomes a second record; its own record can still be corrected', async () => {
  const lake = await lakeWithQuarantine()
  const id = await idOf(lake, 'a', 1)
  const rows = csv([
    [id, '1', 'long'],
    [id, '3', 'ok'],
    ['', '4', 'ok'],
  ])
  // Its last row lacks a field.
  await lake.drop({ 'fix.csv': `${rows}${id},1\n` })
  expect((await lake.run()).files).toMatchObject([{ records: 4, loaded: 0, quarantined: 4 }])
  const refused = parseCsv(await lake.read('quarantine', 'a', 'fix.csv.2.csv'))
  expect(refused.map(({ _line }) => _line)).toEqual(['3', '4', '5'])
  expect(refused[2]?._reason).toMatch(/correct its record in another copy of the CSV$/)
  await lake.drop({ 'as it is.csv': formatCsv(refused) })
  expect(await lake.run()).toMatchObject({ files: [{ loaded: 0, unchanged: 0, quarantined: 3 }] })
  const reasons = await lake.query('select _line, _reason from quarantine.a order by _file, _line')
  for (const k of ['7', '8']) {
    await lake.drop({ 'changed.csv': formatCsv(refused.map((row): CsvRow => ({ ...row, k, v: 'ok' }))) })
    expect((await lake.run()).files).toMatchObject([{ loaded: 0, quarantined: 3 }])
  }
  expect(await rowsOf(lake, 'a')).toEqual([])
  expect(await lake.query('select _line, _reason from quarantine.a order by _file, _line')).toEqual(reasons)
  await lake.drop({ 'good.csv': csv([[id, '1', 'ok']]) })
  await lake.run()
  expect(await rowsOf(lake, 'a')).toEqual([['1', 'ok']])
  expect(
    await lake.query("select _line from dw.a join control.files on file_id = _file_id where name = 'a.csv'"),
  ).toEqual([['1']])
  await discard(lake.project, 'a', { rule: 'malformed', file: null, ids: null, isLeftOut: false }, 'typos', quietly())
  expect(await open(lake)).toEqual([['a.csv', '2', "['max_length:v']"]])
  expect(await lake.findings()).toEqual([])
})

/** Of each kind of row that is refused, one; and a record that is still wrong. */
async function faultyCsv(lake: TempLake): Promise<string> {
  const id = await idOf(lake, 'a', 1)
  const rows = csv([
    [id, '1', 'long'],
    [id, '3', 'ok'],
    ['', '4', 'ok'],
    [UNKNOWN, '5', 'ok'],
    [UNKNOWN, '5', 'ok'],
  ])
  return `${rows}${id},1\n`
}

test('the same bytes of a correction dropped again quarantine no row a second time', async () => {
  const lake = await lakeWithQuarantine()
  const rows = await faultyCsv(lake)
  await lake.drop({ 'fix.csv': rows })
  expect((await lake.run()).files).toMatchObject([{ records: 6, unchanged: 1, quarantined: 5 }])
  const before = await lake.query('from quarantine.a order by _file, _line')
  for (const name of ['again.csv', 'fix.csv']) {
    await lake.drop({ [name]: rows })
    // Its first row is a record, and is judged again.
    expect((await lake.run()).files).toMatchObject([{ file: name, records: 6, unchanged: 5, quarantined: 1 }])
    expect(await lake.query('from quarantine.a order by _file, _line')).toEqual(before)
    expect(await lake.findings()).toEqual([])
  }
  const ofFile = { rule: null, file: 'fix.csv', ids: null, isLeftOut: false }
  await discard(lake.project, 'a', ofFile, 'typos', quietly())
  await lake.drop({ 'discarded.csv': rows })
  expect((await lake.run()).files).toMatchObject([{ unchanged: 5, quarantined: 1 }])
  expect(await open(lake)).toEqual([
    ['a.csv', '1', "['max_length:v']"],
    ['a.csv', '2', "['max_length:v']"],
  ])
  expect(await lake.findings()).toEqual([])
})

test('of the same bytes twice in one run, the second is a duplicate', async () => {
  const lake = await lakeWithQuarantine()
  const rows = await faultyCsv(lake)
  await lake.drop({ 'fix 1.csv': rows, 'fix 2.csv': rows })
  expect((await lake.run()).files).toMatchObject([
    { file: 'fix 1.csv', outcome: 'loaded', quarantined: 5 },
    { file: 'fix 2.csv', outcome: 'duplicate', unchanged: 6, quarantined: 0 },
  ])
  expect(await lake.findings()).toEqual([])
})

test('a correction dropped again after a rollback is taken as if it had never come', async () => {
  const lake = await lakeWithQuarantine()
  const rows = await faultyCsv(lake)
  await lake.drop({ 'fix.csv': rows })
  await lake.run()
  await rollback(lake.project, 1, quietly())
  await lake.drop({ 'fix.csv': rows })
  expect((await lake.run()).files).toMatchObject([{ unchanged: 1, quarantined: 5 }])
  expect(await lake.findings()).toEqual([])
})

test('an unknown _id refuses its row alone, in the first row as in a later one, whatever the file is called', async () => {
  for (const place of [0, 1]) {
    const lake = await lakeWithQuarantine()
    const rows: [string, string, string][] = [[await idOf(lake, 'a', 1), '1', 'ok']]
    rows.splice(place, 0, [UNKNOWN, '9', 'ok'])
    await lake.drop({ 'mine.csv': csv(rows) })
    expect((await lake.run()).files).toMatchObject([{ table: 'a', outcome: 'loaded', loaded: 1, quarantined: 1 }])
    expect(await rowsOf(lake, 'a')).toEqual([['1', 'ok']])
    expect(await lake.findings()).toEqual([])
  }
})

test('unknown rows of more than 64 KiB before the first known one make no difference', async () => {
  const lake = await lakeWithQuarantine()
  const unknown = Array.from({ length: 5000 }, (_, line): [string, string, string] => [
    `0123456789abcdef:${line + 1}`,
    '9',
    'ok',
  ])
  await lake.drop({ 'mine.csv': csv([...unknown, [await idOf(lake, 'a', 1), '1', 'ok']]) })
  expect((await lake.run()).files).toMatchObject([{ table: 'a', loaded: 1, quarantined: 5000 }])
})
