import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Proposal, type ProposeOptions, propose } from '../../../pipeline/propose/index.ts'
import { REPOSITORY, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const HIRES = join(REPOSITORY, '..', 'shared', 'data', 'hires')
const SAMPLES = join(REPOSITORY, 'samples', 'hires')
const CASES = join(REPOSITORY, 'tests', 'cases')

const bare = (tables: object = {}) => tempLake({ config: { name: 'bare', tables } })

async function proposed(lake: TempLake, name: string, content: string | Buffer, more: Partial<ProposeOptions> = {}) {
  const path = lake.path(name)
  await writeFile(path, content)
  return propose(lake.project, { path, tableName: null, ...more })
}

const columnsOf = ({ contract }: Proposal) => contract.columns as Record<string, Record<string, unknown>>

/** Paste contracts into the config of a new lake, drop their files, and run. */
async function runProposed(
  files: readonly { readonly proposal: Proposal; readonly name: string; readonly content: Buffer }[],
) {
  const tables = Object.fromEntries(files.map(({ proposal }) => [proposal.table, proposal.contract]))
  const lake = await bare(tables)
  await lake.drop(Object.fromEntries(files.map(({ name, content }) => [name, content])))
  return lake.run()
}

describe('a contract proposed for', () => {
  test.skipIf(!existsSync(HIRES))('the real hires files loads them, but for what it says', async () => {
    const lake = await bare()
    const files = []
    for (const file of ['departments', 'jobs', 'employees']) {
      const content = readFileSync(join(HIRES, `${file}.csv`))
      files.push({ name: `${file}.csv`, content, proposal: await proposed(lake, `${file}.csv`, content) })
    }
    expect(
      files.map(({ proposal }) => [proposal.table, proposal.contract.primaryKey, proposal.contract.files]),
    ).toEqual([
      ['departments', ['column_1'], ['departments*.csv']],
      ['jobs', ['column_1'], ['jobs*.csv']],
      ['employees', ['column_1'], ['employees*.csv']],
    ])
    expect(Object.values(columnsOf(files[2]?.proposal as Proposal)).map(({ type }) => type)).toEqual([
      'integer',
      'string',
      'timestamp',
      'integer',
      'integer',
    ])
    const summary = await runProposed(files)
    expect(summary.tables.map(({ table, loaded, quarantined }) => [table, loaded, quarantined])).toEqual([
      ['departments', 12, 0],
      ['jobs', 183, 0],
      ['employees', 1929, 70],
    ])
    const broken = summary.rules.map(({ rule, records }) => ({ rule, records }))
    expect(broken).toEqual([...(files[2]?.proposal.expected ?? [])].sort((a, b) => b.records - a.records))
  })

  test('the messy sample files, beside a lake that has their parents, finds types, key and references', async () => {
    const lake = await tempLake({
      uploads: {
        'departments.csv': readFileSync(join(SAMPLES, 'departments.csv')),
        'jobs.csv': readFileSync(join(SAMPLES, 'jobs.csv')),
      },
    })
    await lake.run()
    const content = readFileSync(join(SAMPLES, 'employees.csv'))
    const proposal = await proposed(lake, 'staff 2021-01.csv', content)
    expect([proposal.table, proposal.contract.files]).toEqual(['staff', ['staff*.csv']])
    expect(Object.entries(columnsOf(proposal)).map(([name, column]) => `${name} ${column.type}`)).toEqual([
      'employee_id integer',
      'employee_name string',
      'hiring_date timestamp',
      'department_id integer',
      'job_id integer',
    ])
    expect(proposal.contract.primaryKey).toEqual(['employee_id'])
    expect(proposal.contract.references).toEqual([
      { columns: ['department_id'], table: 'departments' },
      { columns: ['job_id'], table: 'jobs' },
    ])
    const config = JSON.parse(await lake.read('pipeline_config.json'))
    config.tables.staff = proposal.contract
    await writeFile(lake.path('pipeline_config.json'), JSON.stringify(config))
    await lake.drop({ 'staff 2021-02.csv': content })
    const { files, rules } = await lake.run()
    expect(files).toMatchObject([{ table: 'staff', outcome: 'loaded', records: proposal.records }])
    const expected = new Set(proposal.expected.map(({ rule }) => rule))
    expect(rules.map(({ rule }) => rule).filter((rule) => !expected.has(rule))).toEqual([])
  })

  test('any file of the test cases loads it, and what it says is quarantined is', async () => {
    const lake = await bare()
    const files = []
    const refused: string[] = []
    for (const [index, name] of readdirSync(CASES, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
      .entries()) {
      const input = readdirSync(join(CASES, name)).find((file) => file.startsWith('input'))
      if (input === undefined) continue
      const content = readFileSync(join(CASES, name, input))
      const file = `case-${String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26))}${input.slice('input'.length)}`
      try {
        files.push({ name: file, content, proposal: await proposed(lake, file, content), from: name })
      } catch (error) {
        refused.push(`${name}: ${(error as { code: string }).code}`)
      }
    }
    expect(files.length).toBeGreaterThan(60)
    const summary = await runProposed(files)
    const wrong = files.flatMap(({ name, proposal, from }) => {
      const file = summary.files.find((entry) => entry.file === name)
      const expected = new Set(proposal.expected.map(({ rule }) => rule))
      const broken = summary.rules.filter(({ tableName }) => tableName === proposal.table).map(({ rule }) => rule)
      const surprising = broken.filter((rule) => !expected.has(rule))
      if (file?.outcome === 'loaded' && surprising.length === 0) return []
      return [`${from}: ${file?.outcome} ${file?.reason ?? ''} ${surprising.join(' ')}`]
    })
    expect(wrong).toEqual([])
    expect(refused).toEqual([
      'empty-file: UPLOAD_EMPTY',
      'gzip-second-member-damaged: UPLOAD_DAMAGED',
      'gzip-truncated: UPLOAD_DAMAGED',
      'header-only: UPLOAD_EMPTY',
      'json-lines-empty: UPLOAD_EMPTY',
      'json-lines-key-twice: UPLOAD_EMPTY',
      'only-blank-lines: UPLOAD_EMPTY',
      'utf-16-declared-without-byte-order-mark: UPLOAD_EMPTY',
      'utf-16-undeclared-without-byte-order-mark: UPLOAD_EMPTY',
      'zstd-damaged: UPLOAD_DAMAGED',
      'zstd-then-something-else: UPLOAD_DAMAGED',
      'zstd-truncated: UPLOAD_DAMAGED',
    ])
  }, 240_000)
})

describe('a proposal', () => {
  test('declares what a run would not find out by itself', async () => {
    const lake = await bare()
    const tilde = await proposed(lake, 'a.csv', '1~Ada~x\n2~Bob, Eve~y\n')
    expect(tilde.contract).toMatchObject({ delimiter: '~', header: false })
    const latin = await proposed(lake, 'b.csv', Buffer.from('id;name\n1;J\xe9r\xf4me\n2;Zo\xeb\n', 'latin1'))
    expect(latin.contract).toMatchObject({ encoding: 'windows-1252', primaryKey: ['id'] })
    expect(latin.notes[0]).toBe('It is not UTF-8; it was read as windows-1252: look at names with accents.')
    const plain = await proposed(lake, 'c.csv', 'id;name\n1;Ada\n2;Zoë\n')
    expect(Object.keys(plain.contract)).toEqual(['files', 'columns', 'primaryKey'])
  })

  test('leaves text what only looks like a number, and says which of two date formats cannot be told apart', async () => {
    const lake = await bare()
    const zips = Array.from({ length: 100 }, (_, index) => `${index + 1},0${1000 + index},0${(index % 9) + 1}/03/2021`)
    const { columns, notes } = await proposed(lake, 'zips.csv', `id,zip,day\n${zips.join('\n')}\n`)
    expect(columns.map(({ column, type, format }) => [column, type, format])).toEqual([
      ['id', 'integer', null],
      ['zip', 'string', null],
      ['day', 'date', '%d/%m/%Y'],
    ])
    expect(notes).toContain('zip: 100 records have a number that begins with 0, as codes do: it stays text')
    expect(notes).toContain('day: the values fit %m/%d/%Y as well as %d/%m/%Y: make sure which it is')
  })

  test('finds a key of several columns where no column names a row, and types, slips and optional columns', async () => {
    const lake = await bare()
    const lines = Array.from({ length: 400 }, (_, index) => {
      const day = `2021-01-${String((index % 20) + 1).padStart(2, '0')}`
      return `${day},shop ${Math.floor(index / 20)},${index === 7 ? 'much' : `${index}.50`},${index % 3 === 0 ? '' : 'true'}`
    })
    const proposal = await proposed(lake, 'sales.csv', `day,shop,sum,paid\n${lines.join('\n')}\n`)
    expect(proposal.contract.primaryKey).toEqual(['day', 'shop'])
    expect(columnsOf(proposal)).toMatchObject({
      sum: { type: 'decimal(7,2)' },
      paid: { type: 'boolean', required: false },
    })
    expect(proposal.expected).toEqual([{ rule: 'type:sum', records: 1 }])
    expect(proposal.columns[2]).toMatchObject({ others: ['much'], typeShare: 399 / 400 })
  })

  test('has lists of allowed values, texts that stand for no value, and least values', async () => {
    const lake = await bare()
    const lines = Array.from({ length: 300 }, (_, index) => {
      const state = index === 5 ? 'opne' : ['open', 'closed', 'lost'][index % 3]
      return `${index + 1},${state},${index % 10 === 0 ? 'N/A' : index * 2},${String(index % 24).padStart(2, '0')}:30`
    })
    const content = `order_id,state,pieces,at\n${lines.join('\n')}\n`
    const proposal = await proposed(lake, 'orders.csv', content)
    expect(proposal.contract.columns).toEqual({
      order_id: { type: 'integer' },
      state: { type: 'string', oneOf: ['closed', 'lost', 'open'] },
      pieces: { type: 'integer', required: false, nullValues: ['N/A'], min: 0 },
      at: { type: 'time', format: '%H:%M' },
    })
    expect(proposal.expected).toEqual([{ rule: 'one_of:state', records: 1 }])
    const summary = await runProposed([{ proposal, name: 'orders.csv', content: Buffer.from(content) }])
    expect(summary.tables).toMatchObject([{ loaded: 299, quarantined: 1 }])
    expect(summary.rules.map(({ rule, records }) => ({ rule, records }))).toEqual(proposal.expected)
  })

  test('of a large file rests on pieces of it, and says so', async () => {
    const lake = await bare()
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index},name ${index}`)
    const content = `id,name\n${lines.join('\n')}\n`
    const proposal = await proposed(lake, 'large.csv', content, { wholeBytes: 64 * 1024 })
    expect(proposal.records).toBeGreaterThan(1000)
    expect(proposal.records).toBeLessThan(10_000)
    expect(proposal.sample).toBe('the first 16.4 KB and 16 pieces of 2.05 KB from all over its 318 KB')
    expect(proposal.contract.primaryKey).toEqual(['id'])
    expect(proposal.expected).toEqual([])
    expect(proposal.notes.at(-1)).toContain('It was read in part')
  })

  test('names the table after the file, and warns of names that are taken', async () => {
    const lake = await tempLake()
    const proposal = await proposed(lake, 'Employees (2).csv', 'employee_id,x\n1,2\n')
    expect([proposal.table, proposal.contract.files]).toEqual(['employees', ['Employees*.csv']])
    expect(proposal.notes).toContain('The config has a table "employees": name another one with --table.')
    const other = await proposed(lake, 'jobs.csv', 'id,title\n1,Chef\n', { tableName: 'posts' })
    expect(other.notes).toContain('"jobs.csv" matches the patterns of "jobs" already: make "files" exclude each other.')
    await expect(propose(lake.project, { path: lake.path('none.csv'), tableName: null })).rejects.toMatchObject({
      code: 'USAGE',
    })
  })
})
