import { expect, test } from 'vitest'
import { correct } from '../../helpers/quarantine-csv.ts'
import { tempLake } from '../../helpers/temp-lake.ts'

const config = {
  name: 'x',
  tables: {
    t: {
      files: ['t.*.csv'],
      columns: { id: { type: 'integer' }, age: { type: 'integer' } },
      primaryKey: ['id'],
      onConflict: 'update',
    },
  },
}

test('a correction of the earlier file does not replace the row of the later one, whatever characters name them', async () => {
  const lake = await tempLake({ config, uploads: { 't.～.csv': 'id,age\n1,old\n', 't.😀.csv': 'id,age\n1,20\n' } })
  await lake.run()
  expect(await lake.query('select age from dw.t')).toEqual([['20']])
  const name = 't.～.csv.1.csv'
  await lake.drop({ [name]: await correct(lake, name, (row) => ({ ...row, age: '10' })) })
  await lake.run()
  expect(await lake.query('select age from dw.t')).toEqual([['20']])
  expect(await lake.query('select array_to_string(_rules, $$, $$) from quarantine.t')).toEqual([['late:id']])
  expect(await lake.findings()).toEqual([])
})

test('of two files of one run the later in code points wins, as the docs say', async () => {
  const lake = await tempLake({ config, uploads: { 't.😀.csv': 'id,age\n1,2\n', 't.～.csv': 'id,age\n1,1\n' } })
  await lake.run()
  expect(await lake.query('select age from dw.t')).toEqual([['2']])
})
