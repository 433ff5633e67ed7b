import { expect, test } from 'vitest'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const config = (table: object) => ({
  name: 'x',
  tables: {
    people: {
      files: ['*.csv'],
      columns: { id: { type: 'integer' }, name: { type: 'string', maxLength: 5 } },
      primaryKey: ['id'],
      ...table,
    },
  },
})
const outcomes = async (lake: TempLake) =>
  (await lake.run()).files.map(({ file, outcome, reason }) => [file, outcome, reason])
const rows = (lake: TempLake) => lake.query('select id, name from dw.people order by id')

test('a file with more rejects than maxRejects is refused whole, and the others are judged without it', async () => {
  const lake = await tempLake({
    config: config({ maxRejects: 1 }),
    uploads: { 'a.csv': '1,Ann\n2,Bo\nx,Cem\ny,Di\n', 'b.csv': '1,Eve\n3,\n' },
  })
  expect(await outcomes(lake)).toEqual([
    ['b.csv', 'loaded', null],
    [
      'a.csv',
      'refused',
      'FILE_REJECTS_EXCEEDED: "a.csv": 2 of its 4 records break a rule; at most 1 may (maxRejects). Most often: type:id in 2 records, such as line 3 (id "x" is not an integer such as 42 (from -2147483648 to 2147483647))',
    ],
  ])
  // The key 1 is free again.
  expect(await rows(lake)).toEqual([['1', 'Eve']])
  expect(await lake.query('select _file from quarantine.people')).toEqual([['b.csv']])
  expect(await lake.query('select count(*) from ods.people')).toEqual([['2']])
  expect(await lake.list('quarantine')).toEqual(['files/a.csv', 'files/a.csv.reason.txt', 'people/b.csv.1.csv'])
  expect(await lake.findings()).toEqual([])
})

test.each([
  ['25%', 'loaded'],
  ['24.9%', 'refused'],
  [0, 'refused'],
])('maxRejects of %s and one reject in four: the file is %s', async (maxRejects, outcome) => {
  const lake = await tempLake({ config: config({ maxRejects }), uploads: { 'a.csv': '1,Ann\n2,Bo\n3,Cem\n4,\n' } })
  expect((await outcomes(lake))[0]?.slice(0, 2)).toEqual(['a.csv', outcome])
})

test('a rule whose severity is refuse refuses the file of the record that breaks it, and whatever has its content', async () => {
  const lake = await tempLake({
    config: config({ severity: { 'max_length:name': 'refuse' } }),
    uploads: { 'a.csv': '1,Ann\n2,Bartholomew\n', 'b.csv': '3,\n', 'copy.csv': '1,Ann\n2,Bartholomew\n' },
  })
  const reason =
    'max_length:name in 1 records, such as line 2 (name "Bartholomew" has 11 characters; at most 5 are allowed); the whole file is refused for it, nothing of its 2 records was loaded'
  expect(await outcomes(lake)).toEqual([
    ['b.csv', 'loaded', null],
    ['a.csv', 'refused', `FILE_RULE_BROKEN: "a.csv": ${reason}`],
    ['copy.csv', 'refused', `FILE_RULE_BROKEN: "copy.csv": ${reason}`],
  ])
  expect(await rows(lake)).toEqual([])
  expect(await lake.findings()).toEqual([])
})

test('large files are refused as small ones are', async () => {
  const large = Array.from({ length: 200_000 }, (_, index) => `${index + 1},A\n`).join('')
  const lake = await tempLake({
    config: config({ maxRejects: 0 }),
    uploads: { 'a.csv': `${large}x,B\n`, 'b.csv': '7,Bo\n' },
  })
  expect((await outcomes(lake)).map((file) => file.slice(0, 2))).toEqual([
    ['b.csv', 'loaded'],
    ['a.csv', 'refused'],
  ])
  expect(await rows(lake)).toEqual([['7', 'Bo']])
  expect(await lake.list('lake', 'ods')).toEqual(['people/000001.parquet'])
  expect(await lake.findings()).toEqual([])
})

test('a file with too few or too many records is refused before they are judged', async () => {
  const lake = await tempLake({
    config: config({ rowCount: { min: 2, max: 3 } }),
    uploads: { 'a.csv': '1,A\n', 'b.csv': '1,A\n2,B\n', 'c.csv': '4,A\n5,A\n6,A\n7,A\n' },
  })
  expect(await outcomes(lake)).toEqual([
    ['b.csv', 'loaded', null],
    ['a.csv', 'refused', 'FILE_ROW_COUNT: "a.csv" has 1 records; expected 2 to 3 (rowCount)'],
    ['c.csv', 'refused', 'FILE_ROW_COUNT: "c.csv" has 4 records; expected 2 to 3 (rowCount)'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('records that wait for what they refer to are no rejects for maxRejects, but count as quarantined', async () => {
  const references = [{ columns: ['boss'], table: 'bosses', onMissing: 'hold' }]
  const columns = { id: { type: 'integer' }, boss: { type: 'integer', required: false } }
  const bosses = { files: ['bosses*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] }
  const lake = await tempLake({
    config: {
      name: 'x',
      tables: {
        bosses,
        people: {
          files: ['people*.csv'],
          columns,
          primaryKey: ['id'],
          references,
          maxRejects: 1,
        },
      },
    },
    uploads: { 'people1.csv': '1,9\n2,9\nx,9\n', 'people2.csv': '4,9\nx,9\ny,9\n' },
  })
  expect(await outcomes(lake)).toEqual([
    ['people1.csv', 'loaded', null],
    ['people2.csv', 'refused', expect.stringMatching(/2 of its 3 records break a rule; .*type:id in 2 records/)],
  ])
  expect(await lake.query("select records, quarantined from control.files where name = 'people1.csv'")).toEqual([
    ['3', '3'],
  ])
  expect(await lake.query('select _status from quarantine.people order by _line')).toEqual([
    ['waiting'],
    ['waiting'],
    ['open'],
  ])
  await lake.drop({ 'bosses.csv': '9\n' })
  await lake.run()
  expect(await lake.query('select id from dw.people order by id')).toEqual([['1'], ['2']])
  expect(await lake.findings()).toEqual([])
})
