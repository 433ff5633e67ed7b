import { expect, test } from 'vitest'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const config = {
  name: 'x',
  tables: {
    people: {
      files: ['*.csv'],
      columns: { id: { type: 'integer' }, name: { type: 'string' } },
      primaryKey: ['id'],
      onExtraColumns: 'keep',
    },
  },
}
// Three alike, one of them with a record that could not be split; three with extra columns, whose names differ in case.
const UPLOADS = {
  'a.csv': '1,Ann\nx,=1+1\n,"B\no"\n',
  'b.csv': 'y,-2\n"c"d,\n2,Bea\n',
  'c.csv': '3,Cem\n4,Dan\n',
  'd.csv': 'z,"a ""b"" ;"\n',
  'e.csv': 'id,name,note,Note,=f\n5,Eve,n,N,@f\nq,Fay,m,M,7\n',
  'f.csv': 'id,name,note,Note,=f\nr,,n,,\n',
}

/** By name, without the number of the run. */
async function inboxOf(lake: TempLake): Promise<Record<string, string>> {
  const names = await lake.list('quarantine', 'people')
  const entries = names.map(async (name) => [
    name.replace(/\.\d+\.csv$/, ''),
    await lake.read('quarantine', 'people', name),
  ])
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>
}

test('CSVs of many uploads of one run are what each upload gets in a run of its own', async () => {
  const together = await tempLake({ config, uploads: UPLOADS })
  expect((await together.run()).problems).toEqual([])
  const apart = await tempLake({ config })
  for (const [name, content] of Object.entries(UPLOADS)) {
    await apart.drop({ [name]: content })
    await apart.run()
  }
  const inbox = await inboxOf(together)
  expect(Object.keys(inbox)).toEqual(['a.csv', 'b.csv', 'd.csv', 'e.csv', 'f.csv'])
  expect(inbox).toEqual(await inboxOf(apart))
  // No two columns of a result have one name to the engine, whatever their case.
  expect(inbox['e.csv']).toMatch(/,id,name,note,Note_1,'=f\n/)
  expect([inbox['a.csv'], inbox['b.csv']].map((csv) => csv?.includes('_raw'))).toEqual([false, true])
})

test('a CSV of gathered records that nobody has changed follows the lake', async () => {
  const lake = await tempLake({ config, uploads: UPLOADS })
  await lake.run()
  const first = await lake.read('quarantine', 'people', 'a.csv.1.csv')
  await lake.drop({ 'fixed.csv': first.replace(',x,', ',11,').replace(',,"B', ',12,"B') })
  expect((await lake.run()).tables).toMatchObject([{ table: 'people', released: 2, stillQuarantined: 0 }])
  expect(await lake.list('quarantine', 'people')).not.toContain('a.csv.1.csv')
})
