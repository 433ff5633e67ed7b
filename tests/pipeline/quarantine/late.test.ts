import { expect, test } from 'vitest'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { planRun } from '../../../pipeline/plan/index.ts'
import { runPipeline } from '../../../pipeline/run.ts'
import { tryRules } from '../../../pipeline/try-rules/index.ts'
import { backUp, restoreTable } from '../../helpers/avro.ts'
import { quietly } from '../../helpers/maintain.ts'
import { correct } from '../../helpers/quarantine-csv.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const config = (onConflict = 'update', more: object = {}) => ({
  name: 'x',
  tables: {
    parents: { files: ['parents*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] },
    children: {
      files: ['children*.csv'],
      columns: { id: { type: 'integer' }, parent_id: { type: 'integer', required: false }, age: { type: 'integer' } },
      primaryKey: ['id'],
      references: [{ columns: ['parent_id'], table: 'parents', onMissing: 'hold' }],
      onConflict,
      ...more,
    },
  },
})
const INBOX = 'children.csv.1.csv'
const LATE = (id: number, by: string) =>
  `id "${id}": a newer record has loaded since (${by}), so discard this one, or drop it as a new upload if it is right`
const rows = (lake: TempLake) => lake.query('select id, age, _line from dw.children order by id, age')
const held = (lake: TempLake) =>
  lake.query(
    'select id, _status, array_to_string(_rules, $$; $$), _reason from quarantine.children order by _file, _line',
  )

const retry = (lake: TempLake) =>
  runPipeline(lake.project, quietly(), {
    command: 'quarantine retry',
    takesUploads: false,
    retry: { tableName: null, rule: null },
  })

/** Record 1 has no age in the file of run 1; run 2 brings another record of it. */
async function lakeWithNewerRow(onConflict?: string): Promise<TempLake> {
  const lake = await tempLake({
    config: config(onConflict),
    uploads: { 'parents.csv': '1\n', 'children.csv': '1,1,x\n2,1,5\n' },
  })
  await lake.run()
  await lake.drop({ 'children2.csv': '1,1,40\n' })
  await lake.run()
  return lake
}

test.each(['update', 'history'])(
  'under %s a corrected record does not replace a row that came later, and says so',
  async (onConflict) => {
    const lake = await lakeWithNewerRow(onConflict)
    await lake.drop({ [INBOX]: await correct(lake, INBOX, (row) => ({ ...row, age: '30' })) })
    const plan = await planRun(lake.project, quietly())
    expect(plan.files).toMatchObject([{ file: INBOX, loaded: 0, updated: 0, quarantined: 1 }])
    expect((await lake.run()).files).toMatchObject([{ file: INBOX, loaded: 0, updated: 0, quarantined: 1 }])
    expect(await rows(lake)).toEqual([
      ['1', '40', '1'],
      ['2', '5', '2'],
    ])
    expect(await held(lake)).toEqual([['1', 'open', 'late:id', LATE(1, 'children2.csv:1')]])
    expect(await lake.findings()).toEqual([])
    // It is right after all: as a new upload it counts, and what was held has nothing more to say.
    await lake.drop({ 'children3.csv': '1,1,30\n' })
    await lake.run()
    expect((await retry(lake)).tables[1]).toMatchObject({ released: 1, stillQuarantined: 0 })
    expect(await lake.query('select count(*) from dw.children where id = 1')).toEqual([
      [onConflict === 'history' ? '2' : '1'],
    ])
    expect(await lake.findings()).toEqual([])
  },
)

test('a corrected record that is as the newer row is unchanged, and released', async () => {
  const lake = await lakeWithNewerRow()
  await lake.drop({ [INBOX]: await correct(lake, INBOX, (row) => ({ ...row, age: '40' })) })
  expect((await lake.run()).files).toMatchObject([{ unchanged: 1, quarantined: 0 }])
  expect(await held(lake)).toMatchObject([['1', 'released', expect.anything(), expect.anything()]])
  expect(await lake.findings()).toEqual([])
})

test('a record that is still wrong in other ways tells that it is late, too', async () => {
  const lake = await lakeWithNewerRow()
  await lake.drop({ [INBOX]: await correct(lake, INBOX, (row) => ({ ...row, age: 'y' })) })
  await lake.run()
  expect(await held(lake)).toMatchObject([
    ['1', 'open', 'type:age; late:id', expect.stringContaining(LATE(1, 'children2.csv:1'))],
  ])
})

test('a record that waits becomes open when a newer one of its key has loaded meanwhile', async () => {
  const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children.csv': '1,7,5\n2,7,5\n' } })
  await lake.run()
  await lake.drop({ 'children2.csv': '1,1,40\n' })
  await lake.run()
  // The run that brought the newer one took it after what waits.
  expect((await held(lake)).map(([, status]) => status)).toEqual(['waiting', 'waiting'])
  await lake.drop({ 'parents7.csv': '7\n' })
  expect((await lake.run()).tables[1]).toMatchObject({ released: 1, stillQuarantined: 1 })
  expect(await rows(lake)).toEqual([
    ['1', '40', '1'],
    ['2', '5', '2'],
  ])
  expect(await held(lake)).toEqual([
    ['1', 'open', 'late:id', LATE(1, 'children2.csv:1')],
    ['2', 'released', 'reference:parent_id', 'parent_id "7" is not in parents'],
  ])
  expect(await lake.list('quarantine')).toEqual([`children/${INBOX}`])
  expect(await lake.findings()).toEqual([])
})

test('in one file the later line counts, and a row that came back counts at its own place', async () => {
  const lake = await tempLake({
    config: config(),
    uploads: { 'parents.csv': '1\n', 'children.csv': '1,1,x\n1,1,y\n1,1,z\n' },
  })
  await lake.run()
  const correctLine = async (line: string, age: string) => {
    const text = await correct(lake, INBOX, (row) => (row._line === line ? { ...row, age } : row))
    await lake.drop({ [INBOX]: text })
    await lake.run()
  }
  await correctLine('2', '20')
  expect(await rows(lake)).toEqual([['1', '20', '2']])
  await correctLine('3', '30')
  expect(await rows(lake)).toEqual([['1', '30', '3']])
  await correctLine('1', '10')
  expect(await rows(lake)).toEqual([['1', '30', '3']])
  expect(await lake.query("select _reason from quarantine.children where _status = 'open'")).toEqual([
    [LATE(1, 'children.csv:3')],
  ])
  expect(await lake.findings()).toEqual([])
})

test('what comes back together counts in the order in which it came, whatever its files are called', async () => {
  const lake = await tempLake({ config: config(), uploads: { 'parents.csv': '1\n', 'children-z.csv': '1,7,1\n' } })
  await lake.run()
  await lake.drop({ 'children-a.csv': '1,7,2\n' })
  await lake.run()
  await lake.drop({ 'parents7.csv': '7\n' })
  await lake.run()
  expect(await rows(lake)).toEqual([['1', '2', '1']])
  expect(await lake.findings()).toEqual([])
})

test('a late record may have the unique value of its own row, not that of another one', async () => {
  const lake = await tempLake({
    config: config('update', { unique: [['age']] }),
    uploads: { 'parents.csv': '1\n', 'children.csv': '1,1,x\n2,1,y\n3,1,7\n' },
  })
  await lake.run()
  await lake.drop({ 'children2.csv': '1,1,40\n2,1,50\n' })
  await lake.run()
  await lake.drop({
    [INBOX]: await correct(lake, INBOX, (row) => ({ ...row, parent_id: '', age: row.id === '1' ? '40' : '7' })),
  })
  await lake.run()
  expect(await held(lake)).toEqual([
    ['1', 'open', 'late:id', LATE(1, 'children2.csv:1')],
    [
      '2',
      'open',
      'late:id; unique:age',
      `${LATE(2, 'children2.csv:2')}; age "7" is in children already (children.csv:3)`,
    ],
  ])
  expect(await lake.findings()).toEqual([])
})

test('rules try foretells that a record would be late, and a retry does as it says', async () => {
  const aged = (min: number) =>
    config('update', {
      columns: { id: { type: 'integer' }, parent_id: { type: 'integer' }, age: { type: 'integer', min } },
    })
  const lake = await tempLake({ config: aged(10), uploads: { 'parents.csv': '1\n', 'children.csv': '1,1,3\n2,1,4\n' } })
  await lake.run()
  await lake.drop({ 'children2.csv': '1,1,40\n' })
  await lake.run()
  await lake.write('pipeline_config.json', JSON.stringify(aged(1)))
  const [trial] = (await tryRules(lake.project, quietly(), 'children')).tables
  expect(trial?.released).toMatchObject({ records: 1, examples: [{ file: 'children.csv', line: 2 }] })
  expect((await retry(lake)).tables[1]).toMatchObject({ released: 1, stillQuarantined: 1 })
  expect(await rows(lake)).toEqual([
    ['1', '40', '1'],
    ['2', '4', '2'],
  ])
  expect((await held(lake))[0]).toEqual(['1', 'open', 'late:id', LATE(1, 'children2.csv:1')])
  expect(await lake.findings()).toEqual([])
})

test('a record is late no longer when the newer row has been rolled back', async () => {
  const lake = await lakeWithNewerRow()
  const corrected = await correct(lake, INBOX, (row) => ({ ...row, age: '30' }))
  await rollback(lake.project, 1, quietly())
  await lake.drop({ [INBOX]: corrected })
  expect((await lake.run()).files).toMatchObject([{ loaded: 1, quarantined: 0 }])
  // The file that was rolled back comes again, under another name: it is newer all the same.
  await lake.drop({ 'children-again.csv': '1,1,40\n' })
  expect((await lake.run()).files).toMatchObject([{ updated: 1 }])
  expect(await lake.findings()).toEqual([])
})

test('rows that a restore has brought back count where their own files came', async () => {
  const lake = await lakeWithNewerRow()
  await backUp(lake, ['children'])
  await lake.drop({ 'children3.csv': '1,1,50\n' })
  await lake.run()
  await restoreTable(lake, 'children')
  await lake.drop({ [INBOX]: await correct(lake, INBOX, (row) => ({ ...row, age: '30' })) })
  await lake.run()
  expect((await rows(lake))[0]).toEqual(['1', '40', '1'])
  expect((await held(lake))[0]?.[3]).toBe(LATE(1, 'children2.csv:1'))
  expect(await lake.findings()).toEqual([])
})
