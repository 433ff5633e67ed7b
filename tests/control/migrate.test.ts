import { expect, test } from 'vitest'
import { tamper } from '../helpers/damage.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

test('a lake of format 1 can be verified as it is, and its next run brings it to the newest format', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  await tamper(
    lake,
    `alter table control.runs drop column command; drop table control.undone_runs; drop table control.vacuums;
     alter table control.rule_results drop column severity; drop table control.freshness;
     drop table control.returns; drop table control.replaced_rows; drop table control.backups; drop table control.restores;
     drop table control.mart_inputs; drop table control.mart_tests; drop table control.mart_results;
     update control.lake set format = 1`,
  )
  expect(await lake.findings()).toEqual([])
  await lake.drop({ 'jobs2.csv': '7,Cook\n' })
  await lake.run()
  expect(await lake.query('select format, version from control.lake')).toEqual([['3', '2']])
  expect(await lake.query('select run_id, command from control.runs order by run_id')).toEqual([
    ['1', 'run'],
    ['2', 'run'],
  ])
  expect(await lake.findings()).toEqual([])
})
