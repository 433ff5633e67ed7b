import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flattenSettings } from '../../core/config/flatten-settings.ts'
import { type LoadOptions, loadProject } from '../../core/config/load-config.ts'
import type { DroplakeError } from '../../core/errors.ts'

const table = (more: object = {}) => ({
  files: ['a*.csv'],
  columns: { id: { type: 'integer' }, name: { type: 'string' } },
  primaryKey: ['id'],
  ...more,
})

function load(config: unknown, options: Partial<LoadOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'droplake-config-'))
  writeFileSync(join(folder, 'pipeline_config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  return loadProject({ projectFolder: folder, cwd: folder, env: {}, ...options })
}

function faultsOf(config: unknown): unknown {
  try {
    load(config)
  } catch (error) {
    expect((error as DroplakeError).code).toBe('CONFIG_INVALID')
    return (error as DroplakeError).details.faults
  }
  return []
}

test.each([
  [
    'an unknown key with the nearest known one',
    { name: 'x', tabels: {}, tables: {} },
    ['the file: unknown key "tabels". Did you mean "tables"?'],
  ],
  [
    'an unknown key of a column',
    { name: 'x', tables: { a: table({ columns: { id: { type: 'integer', maxlength: 3 } } }) } },
    ['tables.a.columns.id: unknown key "maxlength". Did you mean "maxLength"?'],
  ],
  [
    'an unknown key that is like no known one',
    { name: 'x', tables: {}, engine: { zzzzzz: 1 } },
    ['engine: unknown key "zzzzzz". Known are threads, memoryLimit.'],
  ],
  [
    'an unknown type',
    { name: 'x', tables: { a: table({ columns: { id: { type: 'int' } } }) } },
    [
      'tables.a.columns.id.type: expected integer, bigint, decimal(p,s), double, boolean, string, date, timestamp, time, uuid or json.',
    ],
  ],
  ['a missing name', { tables: {} }, ['name: missing; expected string.']],
  [
    'a reference to a table that does not exist',
    { name: 'x', tables: { people: table(), b: table({ references: [{ columns: ['id'], table: 'poeple' }] }) } },
    ['tables.b.references[0].table: there is no table "poeple". Did you mean "people"?'],
  ],
  [
    'a reference from a column that does not exist',
    { name: 'x', tables: { a: table(), b: table({ references: [{ columns: ['idd'], table: 'a' }] }) } },
    ['tables.b.references[0].columns: table "b" has no column "idd". Did you mean "id"?'],
  ],
  [
    'a reference to a key of another type',
    { name: 'x', tables: { a: table(), b: table({ references: [{ columns: ['name'], table: 'a' }] }) } },
    ['tables.b.references[0].columns: "name" is string, but a.id is integer; make them the same.'],
  ],
  [
    'references in a circle',
    {
      name: 'x',
      tables: {
        a: table({ references: [{ columns: ['id'], table: 'b' }] }),
        b: table({ references: [{ columns: ['id'], table: 'a' }] }),
      },
    },
    ['tables: references go round in a circle (a → b → a); take one of them away.'],
  ],
  [
    'a key column that does not exist, and one that is optional',
    {
      name: 'x',
      tables: {
        a: table({ primaryKey: ['nam'] }),
        b: table({ columns: { id: { type: 'integer', required: false } } }),
      },
    },
    [
      'tables.a.primaryKey: table "a" has no column "nam". Did you mean "name"?',
      'tables.b.primaryKey: "id" is not required; a key column must be.',
    ],
  ],
  [
    'names that would leave their folder or hide',
    { name: 'x', tables: { '../evil': table() } },
    ['"../evil": a table or mart needs a name of 1 to 100 bytes without / or \\ that begins with neither "." nor "_".'],
  ],
  [
    'a length of something that has none, and a decimal that cannot be',
    {
      name: 'x',
      tables: { a: table({ columns: { id: { type: 'integer', maxLength: 3 }, d: { type: 'decimal(2,5)' } } }) },
    },
    [
      'tables.a.columns.d.type: "decimal(2,5)" has more digits after the point than in all.',
      'tables.a.columns.id.maxLength: only a string has a length; the type is "integer".',
    ],
  ],
  [
    'lists of unique columns that do not exist, stand twice, or are the key',
    {
      name: 'x',
      tables: { a: table({ unique: [['nam'], ['name', 'name'], ['id'], ['id', 'name'], ['name', 'id']] }) },
    },
    [
      'tables.a.unique[0]: table "a" has no column "nam". Did you mean "name"?',
      'tables.a.unique[1]: "name" stands twice.',
      'tables.a.unique[2]: these are the columns of the primary key, which is unique already; take them away.',
      'tables.a.unique[4]: the columns are those of unique[3]; take one away.',
    ],
  ],
  [
    'two folders in the same place',
    { name: 'x', tables: {}, paths: { uploads: 'lake/in' } },
    ['paths.lake: "lake" lies in the same place as paths.uploads; give each its own folder.'],
  ],
  [
    'a lake where DuckDB cannot open it',
    { name: 'x', tables: {}, paths: { lake: '/data/why?/lake' } },
    ['paths.lake: "/data/why?/lake" has a "?" in it, which DuckDB cannot open; choose another folder.'],
  ],
])('tells %s', (_, config, faults) => {
  expect(faultsOf(config)).toEqual(faults)
})

test('tells a mart whose SQL file is missing, with the folder looked in', () => {
  const [fault] = faultsOf({ name: 'x', tables: {}, marts: { m: { sql: 'marts/m.sql' } } }) as string[]
  expect(fault).toMatch(/^marts\.m\.sql: there is no file "marts\/m\.sql" in \/.*droplake-config-/)
})

test('tells where JSON is broken', () => {
  expect(() => load('{ "name": }')).toThrow(expect.objectContaining({ code: 'CONFIG_NOT_JSON' }))
  expect(() => load('[]')).toThrow(expect.objectContaining({ code: 'CONFIG_NOT_JSON' }))
})

test('looks for the project upward, and says where it looked when there is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'droplake-config-'))
  expect(() => loadProject({ cwd: folder, env: {} })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_NOT_FOUND',
      message: `no pipeline_config.json in "${folder}" or any folder above it`,
    }),
  )
})

test('a value comes from flag, environment, file, default, in this order, and its source is told', () => {
  const config = { name: 'x', tables: {}, engine: { memoryLimit: '1GB' }, log: { level: 'warn' } }
  const project = load(config, {
    env: { DROPLAKE_MEMORY_LIMIT: '2GB', DROPLAKE_LOG_LEVEL: 'error', DROPLAKE_THREADS: '3' },
    flags: { 'log.level': 'debug' },
  })
  const settings = Object.fromEntries(
    flattenSettings(project).map(({ setting, value, source }) => [setting, [value, source]]),
  )
  expect(settings).toMatchObject({
    'log.level': ['debug', 'flag'],
    'engine.memoryLimit': ['2GB', 'environment'],
    'engine.threads': [3, 'environment'],
    name: ['x', 'file'],
    'history.keepCatalogs': [20, 'default'],
  })
  expect(() => load(config, { env: { DROPLAKE_THREADS: 'many' } })).toThrow(
    'environment variable DROPLAKE_THREADS is "many"; expected a whole number',
  )
})
