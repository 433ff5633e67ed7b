import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { droplake } from '../helpers/run-cli.ts'
import { tempLake } from '../helpers/temp-lake.ts'

const config = {
  name: 'x',
  tables: {
    people: {
      files: ['people*'],
      columns: {
        id: { type: 'integer' },
        name: { type: 'string', maxLength: 5 },
        seen: { type: 'date', required: false, min: '2000-01-01' },
      },
      primaryKey: ['id'],
      checks: [{ name: 'short', expression: 'length(name) < 4', message: 'a long name', severity: 'warn' }],
      severity: { 'min:seen': 'refuse' },
      freshness: { column: 'seen', maxAge: '36h' },
    },
  },
}
const uploads = { 'people.csv': '1,Ada,\n2,Berta,2001-01-01\n3,Cecilia,2001-01-01\n' }

test('rules lists each rule with what it does, and try says what a changed config would make of the lake', async () => {
  const lake = await tempLake({ config, uploads })
  expect((await droplake(lake.folder, 'rules', 'list', 'people')).stdout).toBe(`table   rule             when broken
------  ---------------  -----------
people  malformed        quarantine
people  required:id      quarantine
people  required:name    quarantine
people  type:id          quarantine
people  type:seen        quarantine
people  max_length:name  quarantine
people  min:seen         refuse
people  check:short      warn
people  unique:id        quarantine
`)
  const run = await droplake(lake.folder, 'run')
  expect(run.stdout).toContain(`records  table   broken rule      for example
-------  ------  ---------------  ------------
      1  people  max_length:name  people.csv:3

records  table   warned of, and loaded  for example
-------  ------  ---------------------  ------------
      1  people  check:short            people.csv:2
`)
  expect(run.stdout).toMatch(
    /stale: people\.seen: 2001-01-01 is the newest, \d+ d( \d+ h)? old; at most 1 d 12 h are allowed/,
  )
  const { people } = config.tables
  const changed = {
    ...people,
    columns: { ...people.columns, name: { type: 'string', maxLength: 10, pattern: '.*a' } },
    checks: [{ ...people.checks[0], severity: 'quarantine' }],
  }
  await writeFile(lake.path('other.json'), JSON.stringify({ ...config, tables: { people: changed } }))
  const tried = await droplake(lake.folder, 'rules', 'try', '--config', 'other.json')
  expect(tried.stdout).toBe(`Nothing was written.

table   rows now  would be quarantined  would be released
------  --------  --------------------  -----------------
people         2                     1                  0

people: rows that would be in quarantine
records  rule
-------  -----------
      1  check:short
  people.csv:2: a long name
`)
  const { tables } = JSON.parse(
    (await droplake(lake.folder, 'rules', 'try', '--config', 'other.json', '--json')).stdout,
  )
  expect(tables[0]).toMatchObject({ table: 'people', rows: 2, released: { records: 0, rules: [], examples: [] } })
})

test('rules says what is missing or not there', async () => {
  const lake = await tempLake({ config })
  const nothing = await droplake(lake.folder, 'rules', 'try')
  expect([nothing.exitCode, nothing.stderr]).toEqual([
    2,
    'error USAGE: rules try: no config is named\ntry: Copy pipeline_config.json, change its rules, then: droplake rules try --config other.json\n',
  ])
  const unknown = await droplake(lake.folder, 'rules', 'list', 'peeple')
  expect([unknown.exitCode, unknown.stderr]).toEqual([
    2,
    'error TABLE_NOT_FOUND: there is no table "peeple"; expected one of people. Did you mean "people"?\n',
  ])
  const absent = await droplake(lake.folder, 'rules', 'try', '--config', 'nowhere.json')
  expect([absent.exitCode, absent.stderr]).toEqual([
    2,
    expect.stringMatching(/^error CONFIG_NOT_FOUND: cannot read ".*nowhere\.json"/),
  ])
})
