import { expect, test } from 'vitest'
import { backUp, restoreTable } from '../helpers/avro.ts'
import { correct } from '../helpers/quarantine-csv.ts'
import { tempLake } from '../helpers/temp-lake.ts'

const config = {
  name: 'x',
  tables: {
    parents: { files: ['parents*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] },
    children: {
      files: ['children*.csv'],
      columns: { id: { type: 'integer' }, parent_id: { type: 'integer' } },
      primaryKey: ['id'],
      references: [{ columns: ['parent_id'], table: 'parents', onMissing: 'hold' }],
    },
  },
}

test('rows that waited or were corrected keep after a restore the run that loaded them', async () => {
  const lake = await tempLake({
    config,
    uploads: { 'parents.csv': 'id\n1\n', 'children.csv': 'id,parent_id\n1,1\n2,2\n3,x\n' },
  })
  await lake.run()
  await lake.drop({ 'parents2.csv': 'id\n2\n' })
  await lake.run()
  const name = 'children.csv.1.csv'
  await lake.drop({ [name]: await correct(lake, name, (row) => ({ ...row, parent_id: '1' })) })
  await lake.run()
  const rows = () => lake.query('select id, _file_id, _line, _run_id from dw.children order by id')
  const before = await rows()
  expect(before.map(([id, , line, runId]) => [id, line, runId])).toEqual([
    ['1', '2', '1'],
    ['2', '3', '2'],
    ['3', '4', '3'],
  ])
  await backUp(lake, ['children'])
  await restoreTable(lake, 'children')
  expect(await rows()).toEqual(before)
  expect(await lake.findings()).toEqual([])
})
