import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { diffVersions } from '../../../control/versions/diff-versions.ts'
import { compact, planCompaction } from '../../../pipeline/maintain/compact.ts'
import { repair } from '../../../pipeline/maintain/repair/index.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { flipBit } from '../../helpers/damage.ts'
import { quietly } from '../../helpers/maintain.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const people = (settings: object = {}) => ({
  name: 'x',
  tables: {
    people: {
      files: ['p*.csv'],
      columns: {
        id: { type: 'integer' },
        name: { type: 'string', required: false },
        email: { type: 'string', required: false },
      },
      primaryKey: ['id'],
      ...settings,
    },
  },
  marts: { names: { sql: 'names.sql' } },
})
const NAMES = { 'names.sql': 'select name, count(*) as rows from dw.people group by all order by all' }

/** The clock of the tests: an hour later with each run. */
const HOURS = [1, 2, 3, 4, 5].map((hour) => new Date(`2024-05-01T0${hour}:00:00Z`))
const at = (hour: number) => ({ clock: () => HOURS[hour - 1] as Date })

async function lakeOf(settings: object, ...runs: string[]): Promise<TempLake> {
  const lake = await tempLake({ config: people(settings), sql: NAMES })
  for (const [index, text] of runs.entries()) {
    await lake.drop({ [`p${index + 1}.csv`]: text })
    await lake.run(at(index + 1))
  }
  return lake
}

const rowsOf = (lake: TempLake) => lake.query('select id, name, email from dw.people order by id')
const reasonsOf = async (lake: TempLake) =>
  (await lake.query('select _reason from quarantine.people order by _line')).flat()
const counts = 'select name, records, loaded, updated, unchanged, quarantined from control.files order by run_id, name'

test('update: a different record takes the place of the row, with its own address; an identical one changes nothing', async () => {
  const lake = await lakeOf({ onConflict: 'update' }, '1,Ada,a@x\n2,Bob,\n3,Cy,\n', '2,Bea,\n3,Cy,\n4,Di,\n2,Bo,b@x\n')
  expect(await lake.query('select id, name, email, _line, _run_id from dw.people order by id')).toEqual([
    ['1', 'Ada', 'a@x', '1', '1'],
    ['2', 'Bo', 'b@x', '4', '2'],
    ['3', 'Cy', 'null', '3', '1'],
    ['4', 'Di', 'null', '3', '2'],
  ])
  expect(await lake.query(counts)).toEqual([
    ['p1.csv', '3', '3', '0', '0', '0'],
    ['p2.csv', '4', '1', '2', '1', '0'],
  ])
  expect(await lake.query('select table_name, rows from control.replaced_rows order by rows, file_id')).toEqual([
    ['people', '1'],
    ['people', '1'],
  ])
  expect(
    await lake.query("select layer, rows from control.data_files where layer in ('dw', 'replaced') order by all"),
  ).toEqual([
    ['dw', '2'],
    ['dw', '3'],
    ['replaced', '1'],
  ])
  expect(await lake.query("from app.names where name like 'B%'")).toEqual([['Bo', '1']])
  expect(await lake.findings()).toEqual([])
})

test('ignore: an identical record is unchanged, a different one is refused with who has the key', async () => {
  const lake = await lakeOf({ onConflict: 'ignore' }, '1,Ada,\n2,Bob,\n', '1,Ada,\n2,Bea,\n3,Cy,\n3,Cy,\n3,Di,\n')
  expect(await rowsOf(lake)).toEqual([
    ['1', 'Ada', 'null'],
    ['2', 'Bob', 'null'],
    ['3', 'Cy', 'null'],
  ])
  expect(await reasonsOf(lake)).toEqual([
    'id "2" is in people already (p1.csv:2)',
    'id "3" is in people already (p2.csv:3)',
  ])
  expect((await lake.query(counts))[1]).toEqual(['p2.csv', '5', '1', '0', '2', '2'])
})

test('history: every version is kept, with the time in which it was valid', async () => {
  const lake = await lakeOf({ onConflict: 'history' }, '1,Ada,\n2,Bob,\n', '1,Ann,\n2,Bob,\n', '1,Amy,\n1,Ava,\n')
  expect(
    await lake.query('select id, name, _valid_from, _valid_to, _current from dw.people order by id, _valid_from'),
  ).toEqual([
    ['1', 'Ada', '2024-05-01 01:00:00', '2024-05-01 02:00:00', 'false'],
    ['1', 'Ann', '2024-05-01 02:00:00', '2024-05-01 03:00:00', 'false'],
    ['1', 'Amy', '2024-05-01 03:00:00', '2024-05-01 03:00:00.000001', 'false'],
    ['1', 'Ava', '2024-05-01 03:00:00.000001', 'null', 'true'],
    ['2', 'Bob', '2024-05-01 01:00:00', 'null', 'true'],
  ])
  expect((await lake.query(counts)).map((row) => row.slice(2).join(' '))).toEqual(['2 0 0 0', '0 1 1 0', '0 2 0 0'])
  expect(await lake.query('from app.names')).toHaveLength(5)
  expect(await lake.findings()).toEqual([])
})

test('history: a clock that was set back does not turn time around', async () => {
  const lake = await lakeOf({ onConflict: 'history' }, '1,Ada,\n')
  await lake.drop({ 'p2.csv': '1,Ann,\n' })
  await lake.run({ clock: () => new Date('2020-01-01T00:00:00Z') })
  expect(await lake.query('select name, _valid_from, _valid_to from dw.people order by _valid_from')).toEqual([
    ['Ada', '2024-05-01 01:00:00', '2024-05-01 01:00:00.000001'],
    ['Ann', '2024-05-01 01:00:00.000001', 'null'],
  ])
})

test('unique: no two rows share its values, missing ones are shared by no one, and the reason names who has them', async () => {
  const lake = await lakeOf(
    { unique: [['email'], ['name', 'email']] },
    '1,Ada,a@x\n2,Bob,\n3,Cy,\n',
    '4,Di,a@x\n5,Ada,a@x\n6,,\n1,Eve,e@x\n7,Flo,e@x\n',
  )
  expect(
    await lake.query("select _line, array_to_string(_rules, ' '), _reason from quarantine.people order by _line"),
  ).toEqual([
    ['1', 'unique:email', 'email "a@x" is in people already (p1.csv:1)'],
    [
      '2',
      'unique:email unique:name,email',
      'email "a@x" is in people already (p1.csv:1); name "Ada", email "a@x" is in people already (p1.csv:1)',
    ],
    ['4', 'unique:id', 'id "1" is in people already (p1.csv:1)'],
  ])
  expect((await rowsOf(lake)).map(([id]) => id)).toEqual(['1', '2', '3', '6', '7'])
})

test('unique with update: a row gives up a value for another in the same run; a record that takes it from one that keeps it is refused', async () => {
  const first = '1,Ada,a@x\n2,Bob,b@x\n'
  const lake = await lakeOf(
    { unique: [['email']], onConflict: 'update' },
    first,
    '2,Bob,a@x\n1,Ada,c@x\n2,Bea,a@x\n3,Cy,b@x\n',
  )
  expect(await rowsOf(lake)).toEqual([
    ['1', 'Ada', 'c@x'],
    ['2', 'Bea', 'a@x'],
    ['3', 'Cy', 'b@x'],
  ])
  expect(await reasonsOf(lake)).toEqual(['email "a@x" is in people already (p1.csv:1)'])
  expect(await lake.findings()).toEqual([])
})

test('a refused record tells of its keys, too, but holds none', async () => {
  const lake = await lakeOf({ unique: [['email']] }, '1,Ada,a@x\n', 'x,Bob,a@x\ny,Bob,b@x\n2,Cy,b@x\n')
  expect(await reasonsOf(lake)).toEqual([
    'id "x" is not an integer such as 42 (from -2147483648 to 2147483647); email "a@x" is in people already (p1.csv:1)',
    'id "y" is not an integer such as 42 (from -2147483648 to 2147483647)',
  ])
  expect((await rowsOf(lake)).map(([id]) => id)).toEqual(['1', '2'])
})

test('an older version has the row as it was, a diff shows the change, and a rollback brings it back', async () => {
  const lake = await lakeOf({ onConflict: 'update' }, '1,Ada,\n2,Bob,\n', '1,Ann,\n')
  const diff = await diffVersions(lake.project, 1, 2, 'people', 5)
  expect(diff).toMatchObject({ added: 0, removed: 0, changed: 1 })
  expect(diff.examples.changed).toEqual([{ key: { id: '1' }, columns: { name: ['Ada', 'Ann'] } }])
  expect(await diffVersions(lake.project, 2, 1, 'people', 5)).toMatchObject({ added: 0, removed: 0, changed: 1 })
  await rollback(lake.project, 1, quietly())
  expect(await rowsOf(lake)).toEqual([
    ['1', 'Ada', 'null'],
    ['2', 'Bob', 'null'],
  ])
  expect(await lake.findings()).toEqual([])
  await lake.drop({ 'p3.csv': '1,Amy,\n' })
  await lake.run()
  expect((await rowsOf(lake))[0]).toEqual(['1', 'Amy', 'null'])
  expect(await lake.findings()).toEqual([])
})

test('compact writes files without the replaced rows, and the addresses of these go', async () => {
  const lake = await lakeOf({ onConflict: 'update' }, '1,Ada,\n2,Bob,\n', '1,Ann,\n', '1,Amy,\n2,Bea,\n')
  const before = await lake.query('from dw.people order by id')
  expect((await planCompaction(lake.project, null)).map(({ layer, rows }) => [layer, rows])).toEqual([['dw', 2]])
  await compact(lake.project, null, quietly())
  expect(await lake.query('from dw.people order by id')).toEqual(before)
  expect(
    await lake.query(
      "select layer, rows from control.data_files where removed_in is null and layer in ('dw', 'replaced')",
    ),
  ).toEqual([['dw', '2']])
  expect(await lake.findings()).toEqual([])
  expect(await planCompaction(lake.project, null)).toEqual([])
})

test('a table whose rows were updated later is repaired from ODS; one from whose upload records became no row is not, and that is told', async () => {
  const lake = await lakeOf({ onConflict: 'history' }, '1,Ada,\n2,Bob,\n', '1,Ann,\n', '1,Ann,\n3,Cy,\n')
  const before = await lake.query('from dw.people order by all')
  const path = (name: string) => lake.path('lake', ...name.split('/'))
  for (const run of [1, 2, 3]) flipBit(path(`dw/people/00000${run}.parquet`), 321)
  const { steps, unrepaired } = await repair(lake.project, quietly())
  expect(steps.map(({ file, what }) => `${file}: ${what}`)).toEqual([
    'dw/people/000001.parquet: it was made again from ODS, with the same bytes',
    'dw/people/000002.parquet: it was made again from ODS, with the same bytes',
  ])
  expect(unrepaired).toEqual([
    {
      file: 'dw/people/000003.parquet',
      why: 'its rows are not all those that run 3 read and did not refuse; roll back to a version without it',
    },
  ])
  flipBit(path('dw/people/000003.parquet'), 321)
  expect(await lake.query('from dw.people order by all')).toEqual(before)
  flipBit(path('closed/people/000002.parquet'), 321)
  expect((await repair(lake.project, quietly())).unrepaired).toEqual([
    {
      file: 'closed/people/000002.parquet',
      why: 'what takes the place of which row is kept nowhere else; roll back to before its run and drop its uploads again',
    },
  ])
})

test('onConflict may change: rows from before are there with what is known of their time, and former versions are seen again later', async () => {
  const lake = await lakeOf({}, '0,Abe,\n')
  const reconfigure = (settings: object) =>
    writeFile(lake.path('pipeline_config.json'), JSON.stringify(people(settings)))
  const validity =
    'select id, name, _valid_from is null, _valid_to is null, _current from dw.people order by id, _valid_from nulls first'
  await reconfigure({ onConflict: 'update' })
  for (const text of ['1,Ada,\n2,Bob,\n', '1,Ann,\n']) {
    await lake.drop({ 'p2.csv': text })
    await lake.run()
  }
  await reconfigure({ onConflict: 'history' })
  await lake.drop({ 'p3.csv': '1,Amy,\n' })
  await lake.run()
  const versions = [
    ['0', 'Abe', 'true', 'true', 'true'],
    ['1', 'Ann', 'false', 'false', 'false'],
    ['1', 'Amy', 'false', 'true', 'true'],
    ['2', 'Bob', 'false', 'true', 'true'],
  ]
  expect(await lake.query(validity)).toEqual(versions)
  expect(await lake.findings()).toEqual([])
  await reconfigure({})
  await lake.run()
  expect((await rowsOf(lake)).map(([, name]) => name)).toEqual(['Abe', 'Amy', 'Bob'])
  expect(await lake.query('from app.names')).toHaveLength(3)
  await reconfigure({ onConflict: 'history' })
  await lake.run()
  expect(await lake.query(validity)).toEqual(versions)
  expect(await lake.findings()).toEqual([])
})

test('unique is refused for rows that share its values', async () => {
  const lake = await lakeOf({}, '1,Ada,a@x\n2,Bob,a@x\n3,Cy,\n4,Di,\n')
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(people({ unique: [['email']] })))
  await expect(lake.run()).rejects.toMatchObject({
    code: 'CONTRACT_CONFLICT',
    details: { faults: ['tables.people.unique: 2 rows have only 1 different keys (email).'] },
  })
})

test('content that comes again after other files is a duplicate still, and the summary tells what to do when it is not meant so', async () => {
  const lake = await lakeOf({ onConflict: 'update' }, '1,Ada,\n', '1,Ann,\n')
  await lake.drop({ 'p3.csv': '1,Ada,\n', 'p4.csv': '1,Ann,\n' })
  const { files } = await lake.run()
  expect(files.map(({ file, outcome, hint }) => [file, outcome, hint])).toEqual([
    ['p3.csv', 'duplicate', expect.stringMatching(/^Add an empty line at its end and drop it again/)],
    ['p4.csv', 'duplicate', null],
  ])
  await lake.drop({ 'p5.csv': '1,Ada,\n\n' })
  await lake.run()
  expect(await rowsOf(lake)).toEqual([['1', 'Ada', 'null']])
})

test('references look at current rows', async () => {
  const config = people({ onConflict: 'history' })
  const pets = {
    files: ['q*.csv'],
    columns: { pet: { type: 'integer' }, owner: { type: 'integer' } },
    primaryKey: ['pet'],
    references: [{ columns: ['owner'], table: 'people' }],
  }
  const lake = await tempLake({ config: { ...config, tables: { ...config.tables, pets } }, sql: NAMES })
  await lake.drop({ 'p1.csv': '1,Ada,\n', 'p2.csv': '1,Ann,\n2,Bob,\n', 'q1.csv': '1,1\n2,2\n3,3\n' })
  await lake.run()
  expect((await lake.query('select pet from dw.pets order by pet')).flat()).toEqual(['1', '2'])
})
