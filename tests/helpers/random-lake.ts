// Random lakes of several tables: their contracts, and what comes for them step by step.
import fc from 'fast-check'
import type { PlainLakeTable, PlainLimits } from './plain-lake.ts'
import { type OnConflict, type PlainContract, type PlainRecord, SURPLUS } from './plain-table.ts'

const MAX_TABLES = 6

export interface RandomFile {
  /** `again`: the content of an earlier upload of its table, where there is one. */
  readonly kind: 'records' | 'bad header' | 'again'
  readonly records: readonly PlainRecord[]
  readonly pick: number
}

/** Which record in quarantine someone corrects, counted round, and its cells then. */
export interface RandomCorrection {
  readonly pick: number
  readonly record: PlainRecord
}

/** What comes for one table in one step. */
export interface RandomArrival {
  readonly files: readonly RandomFile[]
  readonly corrections: readonly RandomCorrection[]
}

export interface RandomStep {
  readonly kind: 'load' | 'retry' | 'compact' | 'rollback' | 'backup' | 'restore'
  /** Chooses the table or the version that a step is about, counted round. */
  readonly pick: number
  /** How far the clock goes on before the step; it may stand still or go back. */
  readonly clockMs: number
  /** By table. */
  readonly arrivals: readonly RandomArrival[]
}

export interface RandomLake {
  /** Parents before the tables that refer to them. */
  readonly tables: readonly PlainLakeTable[]
  /** The config lists the tables the other way round. */
  readonly isReversed: boolean
  readonly steps: readonly RandomStep[]
}

const number = fc.constantFrom('1', '2', '3', '4', '')
/** Cells by column; a table takes those that it has. */
const record: fc.Arbitrary<PlainRecord> = fc
  .record({
    k: fc.constantFrom('1', '1', '2', '2', '3', '3', '4', '4', '5', '5', 'x', ''),
    g: fc.constantFrom('1', '1', '1', '2', '2', ''),
    a: fc.constantFrom('', 'x', 'y'),
    n: fc.constantFrom('', '1', '1', '1', '1', '2', 'bad'),
    e: fc.constantFrom('', '', 'p@x', 'q@x', 'r@x', 's@x', 't@x'),
    r0k: number,
    r0g: number,
    r1k: number,
    r1g: number,
    surplus: fc.constantFrom(...Array(24).fill(''), 'z'),
  })
  .map(({ surplus, ...cells }) => (surplus === '' ? cells : { ...cells, [SURPLUS]: surplus }))

const file: fc.Arbitrary<RandomFile> = fc.record({
  kind: fc.constantFrom<RandomFile['kind'][]>(...Array(10).fill('records'), 'bad header', 'again'),
  records: fc.array(record, { maxLength: 7 }),
  pick: fc.nat(),
})

const arrival: fc.Arbitrary<RandomArrival> = fc.record({
  files: fc.array(file, { maxLength: 3 }),
  corrections: fc.array(fc.record({ pick: fc.nat(), record }), { maxLength: 2 }),
})

const step = (kind: fc.Arbitrary<RandomStep['kind']>): fc.Arbitrary<RandomStep> =>
  fc.record({
    kind,
    pick: fc.nat(),
    clockMs: fc.constantFrom(60_000, 60_000, 1000, 0, -5000),
    arrivals: fc.array(arrival, { minLength: MAX_TABLES, maxLength: MAX_TABLES }),
  })

const anyKind = fc.constantFrom<RandomStep['kind'][]>(
  ...Array(8).fill('load'),
  'retry',
  'compact',
  'rollback',
  'backup',
  'restore',
)

interface TableChoice {
  readonly onConflict: OnConflict
  readonly isWideKey: boolean
  readonly unique: readonly (readonly string[])[]
  readonly references: readonly { readonly parent: number; readonly canDefer: boolean }[]
  readonly limits: 'none' | 'few rejects' | 'share of rejects' | 'row count' | 'no bad type' | 'no repeated key'
}

const table: fc.Arbitrary<TableChoice> = fc.record({
  onConflict: fc.constantFrom<OnConflict[]>('reject', 'ignore', 'update', 'history'),
  isWideKey: fc.constantFrom(false, false, true),
  unique: fc.constantFrom<string[][][]>([], [['e']], [['e'], ['a', 'n']]),
  references: fc.array(fc.record({ parent: fc.nat(), canDefer: fc.boolean() }), { maxLength: 2 }),
  limits: fc.constantFrom<TableChoice['limits'][]>(
    ...Array(6).fill('none'),
    'few rejects',
    'share of rejects',
    'row count',
    'no bad type',
    'no repeated key',
  ),
})

/** A lake of 1 to 6 tables, and 2 to 5 steps of which the first loads files. */
export const randomLake: fc.Arbitrary<RandomLake> = fc
  .record({
    choices: fc.array(table, { minLength: 1, maxLength: MAX_TABLES }),
    isReversed: fc.boolean(),
    first: step(fc.constant('load')),
    others: fc.array(step(anyKind), { minLength: 1, maxLength: 4 }),
  })
  .map(({ choices, isReversed, first, others }) => ({
    tables: tablesOf(choices),
    isReversed,
    steps: [first, ...others],
  }))

function tablesOf(choices: readonly TableChoice[]): PlainLakeTable[] {
  const tables: PlainLakeTable[] = []
  for (const choice of choices) tables.push(tableOf(choice, tables))
  return tables
}

function tableOf(choice: TableChoice, before: readonly PlainLakeTable[]): PlainLakeTable {
  const key = choice.isWideKey ? ['k', 'g'] : ['k']
  const parents = before.length === 0 ? [] : choice.references
  const references = parents.map(({ parent, canDefer }, index) => {
    const { name, key: named } = (before[parent % before.length] as PlainLakeTable).contract
    return { columns: named.map((column) => `r${index}${column}`), table: name, canDefer }
  })
  const integers = [...key, 'n', ...references.flatMap(({ columns }) => columns)]
  const columns: PlainContract['columns'] = {
    ...Object.fromEntries(integers.map((name) => [name, 'integer' as const])),
    a: 'string',
    e: 'string',
  }
  const contract = { name: `t${before.length}`, columns, key, unique: choice.unique, references }
  return { contract, onConflict: choice.onConflict, limits: limitsOf(choice.limits, key) }
}

function limitsOf(choice: TableChoice['limits'], key: readonly string[]): PlainLimits {
  switch (choice) {
    case 'none':
      return {}
    case 'few rejects':
      return { maxRejects: 1 }
    case 'share of rejects':
      return { maxRejects: '40%' }
    case 'row count':
      return { rowCount: { min: 2, max: 5 } }
    case 'no bad type':
      return { refusing: ['type:n'] }
    case 'no repeated key':
      return { refusing: [`unique:${key.join()}`] }
  }
}

/** The lake's `pipeline_config.json`. */
export function configOf({ tables, isReversed }: RandomLake) {
  const entries = tables.map(({ contract: { name, columns, key, unique, references }, onConflict, limits }) => [
    name,
    {
      files: [`${name}_*.csv`],
      delimiter: ',',
      quote: '"',
      header: true,
      columns: Object.fromEntries(
        Object.entries(columns).map(([column, type]) => [column, { type, required: key.includes(column) }]),
      ),
      primaryKey: key,
      unique,
      onConflict,
      references: references.map(({ canDefer, ...reference }) => ({
        ...reference,
        onMissing: canDefer ? 'hold' : 'reject',
      })),
      ...(limits.maxRejects === undefined ? {} : { maxRejects: limits.maxRejects }),
      ...(limits.rowCount === undefined ? {} : { rowCount: limits.rowCount }),
      severity: Object.fromEntries((limits.refusing ?? []).map((rule) => [rule, 'refuse'])),
    },
  ])
  return { name: 'several', tables: Object.fromEntries(isReversed ? entries.reverse() : entries) }
}

/** The record with the cells of the table's columns only. */
export function recordFor({ columns }: PlainContract, cells: PlainRecord): PlainRecord {
  const own = Object.keys(columns).map((name) => [name, cells[name] ?? ''])
  return Object.fromEntries(cells[SURPLUS] === undefined ? own : [...own, [SURPLUS, cells[SURPLUS]]])
}

/** The text of an upload. */
export function fileText({ columns }: PlainContract, records: readonly PlainRecord[]): string {
  const lines = records.map((one) => Object.values(one).join())
  return [Object.keys(columns).join(), ...lines, ''].join('\n')
}
