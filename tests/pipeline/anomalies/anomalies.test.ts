import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { loadProject } from '../../../core/config/load-config.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const CONFIG = {
  name: 'x',
  senders: {
    'Shop "Nord"': { files: ['nord_*'] },
    south: { files: ['south_*', 'SUED_*'] },
    quiet: { files: ['quiet*'] },
  },
  tables: {
    sales: {
      files: ['nord*', 'south*', 'sued*'],
      columns: {
        id: { type: 'integer' },
        name: { type: 'string', maxLength: 12 },
        sum: { type: 'integer', required: false },
      },
      primaryKey: ['id'],
    },
  },
}

const HEADER = 'file,line,kind,table,reason,run'
const NORD = `id,name,sum
1,Ada,5
2,,x
1,Bob,7
4,=cmd(); much too long,3
5,"lost
`

const lines = async (lake: TempLake, ...names: string[]) => (await lake.read('reports', ...names)).trimEnd().split('\n')

test('what is wrong with the files is told in one report, and to each sender what is wrong with theirs', async () => {
  const lake = await tempLake({
    config: CONFIG,
    uploads: { 'nord_1.csv': NORD, 'south_1.csv': 'id,name\n10,Eve\n11,\n' },
  })
  await lake.drop({ 'what.txt': 'x', 'SUED_2.csv': 'id,nome\n12,Joe\n' })
  await lake.run()
  const nord = [
    `nord_1.csv,3,required:name,sales,name is missing,1`,
    `nord_1.csv,3,type:sum,sales,"sum ""x"" is not an integer such as 42 (from -2147483648 to 2147483647)",1`,
    `nord_1.csv,4,duplicate record,sales,"id ""1"" is in sales already (nord_1.csv:2)",1`,
    // The value has the mark between reasons in it, but there is one reason only.
    `nord_1.csv,5,max_length:name,sales,"name ""=cmd(); much too long"" has 21 characters; at most 12 are allowed",1`,
    `nord_1.csv,6,malformed record,sales,a quote is opened and never properly closed,1`,
  ]
  const south = [
    `SUED_2.csv,,schema mismatch,sales,"""SUED_2.csv"": the header lacks ""name"" and has the unknown ""nome""; expected id, name, sum. Did you mean ""name""?",1`,
    `south_1.csv,,schema mismatch,sales,"it lacks ""sum""",1`,
    `south_1.csv,3,required:name,sales,name is missing,1`,
  ]
  expect(await lines(lake, 'senders', 'Shop "Nord".csv')).toEqual([HEADER, ...nord])
  expect(await lines(lake, 'senders', 'south.csv')).toEqual([HEADER, ...south])
  expect(await lake.list('reports', 'senders')).toEqual(['Shop "Nord".csv', 'south.csv'])
  const all = await lines(lake, 'anomalies.csv')
  expect(all.slice(0, 9)).toEqual([HEADER, south[0], ...nord, ...south.slice(1)])
  expect(all[9]).toMatch(/^what\.txt,,refused file,,"""what\.txt"" matches no table; expected/)
})

test('a duplicate file is told of, and cells that a spreadsheet would run are made text', async () => {
  const lake = await tempLake({ config: CONFIG, uploads: { 'nord_1.csv': 'id,name,sum\n1,Ada,\n', '=1+1.txt': 'x' } })
  await lake.run()
  await lake.drop({ 'nord_2.csv': 'id,name,sum\n1,Ada,\n' })
  await lake.run()
  const all = await lines(lake, 'anomalies.csv')
  expect(all[1]).toMatch(/^'=1\+1\.txt,,refused file,/)
  expect(all[2]).toBe(`nord_2.csv,,duplicate file,sales,"it has the same content as ""nord_1.csv"" of run 1",2`)
})

test('a report is written only when it says something else, and goes with the last anomaly or its sender', async () => {
  const lake = await tempLake({ config: CONFIG, uploads: { 'nord_1.csv': NORD, 'south_1.csv': 'id,name,sum\n10,,\n' } })
  await lake.run()
  const path = lake.path('reports', 'anomalies.csv')
  const { mtimeNs } = await stat(path, { bigint: true })
  await lake.drop({ 'nord_3.csv': 'id,name,sum\n30,Joe,\n' })
  await lake.run()
  expect((await stat(path, { bigint: true })).mtimeNs).toBe(mtimeNs)
  const [inbox] = (await lake.list('quarantine', 'sales')).filter((name) => name.startsWith('south'))
  const csv = await lake.read('quarantine', 'sales', inbox ?? '')
  await lake.drop({ 'fixed.csv': csv.replace(/,10,,(\r?\n)/, ',10,Eve,$1') })
  await lake.run()
  expect(await lake.query('select name from dw.sales where id = 10')).toEqual([['Eve']])
  expect(await lake.list('reports', 'senders')).toEqual(['Shop "Nord".csv'])
  expect(await lines(lake, 'anomalies.csv')).toHaveLength(6)
  const { 'Shop "Nord"': nord, ...senders } = CONFIG.senders
  expect(nord).toBeDefined()
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify({ ...CONFIG, senders }))
  await lake.run()
  expect(await lake.list('reports', 'senders')).toEqual([])
})

test('a rollback takes back what is told of the runs that it undoes', async () => {
  const lake = await tempLake({ config: CONFIG, uploads: { 'nord_1.csv': 'id,name,sum\n1,Ada,\n' } })
  await lake.run()
  await lake.drop({ 'nord_2.csv': 'id,name,sum\n2,,\n' })
  await lake.run()
  expect(await lines(lake, 'anomalies.csv')).toHaveLength(2)
  const { rollback } = await import('../../../pipeline/maintain/rollback.ts')
  const { silentLogger } = await import('../../../core/logger.ts')
  await rollback(lake.project, 1, { log: silentLogger(), clock: () => new Date(), onProgress: () => undefined })
  expect((await lake.list('reports')).filter((name) => name.endsWith('.csv'))).toEqual([])
})

test('a report that could not be written is written by the next run', async () => {
  const lake = await tempLake({ config: CONFIG, uploads: { 'nord_1.csv': NORD } })
  await mkdir(lake.path('reports', 'anomalies.csv', 'in the way'), { recursive: true })
  const { problems } = await lake.run()
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain('reports of anomalies: ')
  await rm(lake.path('reports', 'anomalies.csv'), { recursive: true })
  expect((await lake.run()).problems).toEqual([])
  expect(await lines(lake, 'anomalies.csv')).toHaveLength(6)
})

test('a lake without anomalies has no report of them', async () => {
  const lake = await tempLake({ config: CONFIG, uploads: { 'nord_1.csv': 'id,name,sum\n1,Ada,\n' } })
  await lake.run()
  expect((await lake.list('reports')).filter((name) => name.endsWith('.csv'))).toEqual([])
})

test('names of senders are names of files', async () => {
  const lake = await tempLake({ config: CONFIG })
  const config = { ...CONFIG, senders: { '../up': { files: ['a'] }, A: { files: ['a'] }, a: { files: ['a'] } } }
  await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
  expect(() => loadProject({ projectFolder: lake.folder, cwd: lake.folder, env: {} })).toThrow(
    /senders\."\.\.\/up": a sender needs a name .*\n {2}senders: "a" stands twice/,
  )
})
