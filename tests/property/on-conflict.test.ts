import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queryVersion } from '../../control/query-lake.ts'
import { compact } from '../../pipeline/maintain/compact.ts'
import { rollback } from '../../pipeline/maintain/rollback.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { quietly } from '../helpers/maintain.ts'
import {
  addressOf,
  type OnConflict,
  type PlainCorrection,
  type PlainCounts,
  type PlainRecord,
  type PlainRefusal,
  type PlainRun,
  PlainTable,
} from '../helpers/plain-conflicts.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

// Random files in random runs, loaded by droplake and by a plain program that takes record after record: rows, counts per file
// and the quarantine are the same. Records wait for parents, which come later, until some tables no longer let them; some of those in quarantine
// are corrected, in CSVs that have a refused row, too; at last all are tried again. A lake has many tables, because a run costs more than a table. Long runs try more lakes:
// DROPLAKE_CONFLICTS.
const LAKES = Number(process.env.DROPLAKE_CONFLICTS ?? 1)
const TABLES_PER_KIND = 2
const RUNS = 3

const record: fc.Arbitrary<PlainRecord> = fc.record({
  k: fc.constantFrom('1', '2', '3', '4', '5', ''),
  a: fc.constantFrom('', 'x', 'y'),
  n: fc.constantFrom('', '1', '1', '1', 'bad'),
  e: fc.constantFrom('', '', 'p@x', 'q@x', 'r@x', 's@x'),
  p: fc.constantFrom('', '', '1', '2', '3'),
})
/** The parent that comes with a run. */
const parentOf = (run: number) => String(run + 1)
const file = fc.array(record, { minLength: 1, maxLength: 8 })
const filesOfRun = fc.array(file, { minLength: 0, maxLength: 3 })
/** Which of the held records someone corrects, counted round, and what it is then. */
const corrections = fc.array(fc.record({ pick: fc.nat(), record }), { maxLength: 4 })
/** What comes for one table in each run. */
interface Coming {
  readonly files: readonly (readonly PlainRecord[])[]
  readonly corrections: readonly { readonly pick: number; readonly record: PlainRecord }[]
}
type Sequence = readonly Coming[]
const sequence: fc.Arbitrary<Sequence> = fc.array(fc.record({ files: filesOfRun, corrections }), {
  minLength: RUNS,
  maxLength: RUNS,
})

/** By run; the last kind gets another one each time. */
const KINDS: readonly (readonly OnConflict[])[] = [
  ['reject', 'reject', 'reject'],
  ['ignore', 'ignore', 'ignore'],
  ['update', 'update', 'update'],
  ['history', 'history', 'history'],
  ['history', 'update', 'history'],
  ['reject', 'update', 'ignore'],
]
const TABLES = KINDS.flatMap((modes) =>
  [true, false].flatMap((isUnique) => Array.from({ length: TABLES_PER_KIND }, () => ({ modes, isUnique }))),
).map((table, index) => ({ ...table, name: `t${index}` }))

test(
  'files load as record after record would, whatever onConflict and unique; versions, rollback, duplicates and compaction agree',
  async () => {
    const all = fc.array(sequence, { minLength: TABLES.length, maxLength: TABLES.length })
    // To shrink a whole lake takes hours; the table that fails is told.
    await fc.assert(fc.asyncProperty(all, compareWithPlain), { numRuns: LAKES, endOnFailure: true })
  },
  // One lake takes a minute of CPU: on a machine that is shared by twenty, that is ten.
  120_000 + LAKES * 900_000,
)

async function compareWithPlain(sequences: readonly Sequence[]): Promise<void> {
  const lake = await tempLake({ config: configOf(0) })
  const plain = new Map(TABLES.map(({ name, isUnique }) => [name, new PlainTable(name, isUnique)]))
  const shown = new Map<number, string[][]>()
  for (let run = 0; run < RUNS; run++) {
    await writeFile(lake.path('pipeline_config.json'), JSON.stringify(configOf(run)))
    await lake.drop({ 'parents.csv': `${parentOf(run)}\n`, ...uploadsOf(sequences, run) })
    const picked = pickCorrections(plain, sequences, run)
    const refusals = new Map<string, PlainRefusal>()
    for (const [name, chosen] of picked)
      if (chosen.length > 0) refusals.set(name, await dropCorrections(lake, name, run, chosen))
    const expected = loadPlainly(plain, sequences, run, picked, refusals)
    const summary = await lake.run()
    for (const { file: name, loaded, updated, unchanged, quarantined } of summary.files.filter(isOfTables))
      expect({ name, loaded, updated, unchanged, quarantined }).toEqual({ name, ...expected.get(name) })
    expect(summary.files).toHaveLength(expected.size + 1)
    await compareTables(lake, plain, run)
    shown.set(summary.version, await dump(lake))
  }
  shown.set(await retryAll(lake, plain), await dump(lake))
  expect(await lake.findings()).toEqual([])
  await checkVersions(lake, shown)
  await checkAgain(lake, sequences)
  const before = await dump(lake)
  await compact(lake.project, null, quietly())
  expect(await dump(lake)).toEqual(before)
  expect(await lake.findings()).toEqual([])
}

/** Try all open records again, with nothing changed since the last run. @returns the version */
async function retryAll(lake: TempLake, plain: ReadonlyMap<string, PlainTable>): Promise<number> {
  for (const [index, { name }] of TABLES.entries()) plain.get(name)?.takeBack([], plainRunOf(index, RUNS - 1), true)
  const retry = { tableName: null, rule: null }
  const request = { command: 'quarantine retry', takesUploads: false, retry }
  const { version } = await runPipeline(lake.project, quietly(), request)
  await compareTables(lake, plain, RUNS - 1)
  return version
}

function plainRunOf(index: number, run: number): PlainRun {
  const parents = Array.from({ length: run + 1 }, (_, number) => parentOf(number))
  return { run, onConflict: TABLES[index]?.modes[run] as OnConflict, parents, onMissing: onMissingOf(index, run) }
}

/** In the last run, tables whose contract changes in other ways as well no longer let records wait. */
function onMissingOf(index: number, run: number): 'hold' | 'reject' {
  return run === RUNS - 1 && new Set(TABLES[index]?.modes).size > 1 ? 'reject' : 'hold'
}

const UNKNOWN = '0123456789abcdef:7'

/** The row of a table's correction that is refused: each run another kind; and what stands as its `_id`. */
function refusalOf(
  table: string,
  run: number,
  chosen: readonly PlainCorrection[],
  firstId: string,
): PlainRefusal & { readonly id: string; readonly isFirst: boolean } {
  const record = { k: '9', a: 'refused', n: '1', e: '', p: '' }
  const kinds = [
    { id: '', reason: '"_id" is empty; a record that is new belongs into a file of its own' },
    { id: UNKNOWN, reason: `"_id" "${UNKNOWN}" is no record in quarantine of ${table}` },
    { id: firstId, reason: `"_id" "${firstId}" stands in the run twice, with other values; its first record is taken` },
  ]
  const { id, reason } = kinds[
    (run + TABLES.findIndex(({ name }) => name === table)) % kinds.length
  ] as (typeof kinds)[number]
  const isFirst = id === UNKNOWN
  const origin = { run, file: correctionName(table, run), line: isFirst ? 2 : chosen.length + 2 }
  return { record, origin, reason, id, isFirst }
}

function isOfTables({ table }: { readonly table: string | null }): boolean {
  return table !== 'parents'
}

/** By table, the records that someone corrects before a run; each once. */
function pickCorrections(plain: ReadonlyMap<string, PlainTable>, sequences: readonly Sequence[], run: number) {
  const picked = new Map<string, PlainCorrection[]>()
  for (const [index, { name }] of TABLES.entries()) {
    const held = plain.get(name)?.held ?? []
    const chosen = new Map<number, PlainRecord>()
    for (const { pick, record } of held.length === 0 ? [] : (sequences[index]?.[run]?.corrections ?? []))
      chosen.set(pick % held.length, record)
    picked.set(
      name,
      [...chosen].flatMap(([at, record]) => held.slice(at, at + 1).map((entry) => ({ entry, record }))),
    )
  }
  return picked
}

/** What comes back of a file may lie in several CSVs, and a CSV may have records of several files. @returns its refused row */
async function dropCorrections(
  lake: TempLake,
  table: string,
  run: number,
  chosen: readonly PlainCorrection[],
): Promise<PlainRefusal> {
  const rows = await lake.query(`select _file || ':' || _line, _id from quarantine.${table}`)
  const ids = new Map(rows.map(([address = '', id = '']) => [address, id]))
  const lineOf = (id: string, { k, a, n, e, p }: PlainRecord) => `${id},${k},${a},${n},${e},${p}\n`
  const idOf = ({ entry }: PlainCorrection) => ids.get(addressOf(entry.origin)) ?? ''
  const lines = chosen.map((one) => lineOf(idOf(one), one.record))
  const refusal = refusalOf(table, run, chosen, chosen[0] === undefined ? '' : idOf(chosen[0]))
  lines.splice(refusal.isFirst ? 0 : lines.length, 0, lineOf(refusal.id, refusal.record))
  await lake.drop({ [correctionName(table, run)]: `_id,k,a,n,e,p\n${lines.join('')}` })
  return refusal
}

function loadPlainly(
  plain: ReadonlyMap<string, PlainTable>,
  sequences: readonly Sequence[],
  run: number,
  picked: ReadonlyMap<string, readonly PlainCorrection[]>,
  refusals: ReadonlyMap<string, PlainRefusal>,
) {
  const expected = new Map<string, PlainCounts>()
  for (const [index, { name }] of TABLES.entries()) {
    const table = plain.get(name) as PlainTable
    const plainRun = plainRunOf(index, run)
    const chosen = picked.get(name) ?? []
    const corrected = table.takeBack(chosen, plainRun)
    const refusal = refusals.get(name)
    if (refusal !== undefined) {
      table.refuse(refusal)
      expected.set(refusal.origin.file, { ...corrected, quarantined: corrected.quarantined + 1 })
    }
    const runs = sequences[index] ?? []
    const earlier = new Set(runs.slice(0, run).flatMap(({ files }) => files.map(textOf)))
    for (const [number, records] of (runs[run]?.files ?? []).entries()) {
      const isDuplicate = earlier.has(textOf(records))
      earlier.add(textOf(records))
      const upload = fileName(name, run, number)
      const counts = isDuplicate
        ? { loaded: 0, updated: 0, unchanged: records.length, quarantined: 0 }
        : table.load({ name: upload, records }, plainRun)
      expected.set(upload, counts)
    }
  }
  return expected
}

/** Rows and quarantine of all tables, with the addresses of their records. */
async function compareTables(lake: TempLake, plain: ReadonlyMap<string, PlainTable>, run: number): Promise<void> {
  const names = `(select distinct file_id as _file_id, name from control.files where outcome = 'loaded')`
  const found = await lake.query(
    TABLES.map(({ name, modes }) => {
      const current = modes[run] === 'history' ? '_current' : 'true'
      return `select '${name}', k, coalesce(a, ''), coalesce(n::varchar, ''), coalesce(e, ''), coalesce(p::varchar, ''), name || ':' || _line, ${current} from dw.${name} join ${names} using (_file_id)`
    }).join(' union all '),
  )
  const entries = await lake.query(
    TABLES.map(
      ({ name }) =>
        `select '${name}', _file || ':' || _line, _status, array_to_string(_rules, ','), _reason from quarantine.${name}`,
    ).join(' union all '),
  )
  for (const { name, modes } of TABLES) {
    const isHistory = modes[run] === 'history'
    const table = plain.get(name) as PlainTable
    const rows = table.rows
      .filter((row) => isHistory || row.isCurrent)
      .map(({ k, a, n, e, p, origin, isCurrent }) => [name, k, a, n, e, p, addressOf(origin), String(isCurrent)])
    expect(found.filter((row) => row[0] === name).sort(), `rows of ${name}`).toEqual(rows.sort())
    const held = [...table.entries.values()].map(({ origin, status, rules, reasons }) => [
      name,
      addressOf(origin),
      status,
      rules.join(),
      reasons.join('; '),
    ])
    expect(entries.filter((row) => row[0] === name).sort(), `quarantine of ${name}`).toEqual(held.sort())
  }
  await checkValidity(lake, run)
}

/** The versions of a row follow one another without a gap; none is empty. */
async function checkValidity(lake: TempLake, run: number): Promise<void> {
  const wrong = TABLES.filter(({ modes }) => modes[run] === 'history').map(
    ({ name }) => `
      select '${name}' from (
        select *, lead(_valid_from) over (partition by k order by _valid_from nulls first) as next_from from dw.${name}
      )
      where _valid_to <= _valid_from or _current <> (_valid_to is null) or next_from < _valid_to`,
  )
  if (wrong.length > 0) expect(await lake.query(wrong.join(' union all '))).toEqual([])
}

/** Every version is there as it was, and a rollback brings it back. */
async function checkVersions(lake: TempLake, shown: ReadonlyMap<number, string[][]>): Promise<void> {
  const versions = [...shown.keys()]
  const same = TABLES.filter(({ modes }) => new Set(modes).size === 1)
  const named = new Set(same.map(({ name }) => name))
  // Tables whose onConflict has changed since show their older versions by the contract of today.
  const expectedAt = (version: number) => shown.get(version)?.filter(([name]) => named.has(name ?? ''))
  for (const version of versions) {
    const rows: string[][] = []
    await queryVersion(lake.project, version, dumpQuery(same), async ({ chunks }) => {
      for await (const chunk of chunks) rows.push(...chunk.getRows().map((row) => row.map(String)))
    })
    expect(rows.sort(), `version ${version}`).toEqual(expectedAt(version))
  }
  const newest = Math.max(...versions)
  for (const version of [Math.min(...versions), newest]) {
    await rollback(lake.project, version, quietly())
    expect(await dump(lake, same), `rolled back to ${version}`).toEqual(expectedAt(version))
    expect(await lake.findings()).toEqual([])
  }
}

/** The same files again change nothing. */
async function checkAgain(lake: TempLake, sequences: readonly Sequence[]): Promise<void> {
  const before = await dump(lake)
  for (let run = 0; run < RUNS; run++) await lake.drop(uploadsOf(sequences, run))
  const summary = await lake.run()
  expect(summary.files.filter((one) => one.outcome !== 'duplicate')).toEqual([])
  expect(summary.isNewVersion).toBe(false)
  expect(await dump(lake)).toEqual(before)
}

async function dump(lake: TempLake, tables: readonly { readonly name: string }[] = TABLES): Promise<string[][]> {
  return (await lake.query(dumpQuery(tables))).sort()
}

function dumpQuery(tables: readonly { readonly name: string }[]): string {
  return tables.map(({ name }) => `select '${name}', t::varchar from dw.${name} as t`).join(' union all ')
}

function uploadsOf(sequences: readonly Sequence[], run: number): Record<string, string> {
  const uploads = TABLES.flatMap(({ name }, index) =>
    (sequences[index]?.[run]?.files ?? []).map(
      (records, number) => [fileName(name, run, number), textOf(records)] as const,
    ),
  )
  return Object.fromEntries(uploads)
}

function fileName(table: string, run: number, number: number): string {
  return `${table}_${run}_${number}.csv`
}

function correctionName(table: string, run: number): string {
  return `corrected ${table} ${run}.csv`
}

function textOf(records: readonly PlainRecord[]): string {
  return ['k,a,n,e,p', ...records.map(({ k, a, n, e, p }) => `${k},${a},${n},${e},${p}`), ''].join('\n')
}

function configOf(run: number) {
  const optional = { required: false }
  const columns = {
    k: { type: 'integer' },
    a: { type: 'string', ...optional },
    n: { type: 'integer', ...optional },
    e: { type: 'string', ...optional },
    p: { type: 'integer', ...optional },
  }
  const tables = TABLES.map(({ name, modes, isUnique }, index) => [
    name,
    {
      files: [`${name}_*.csv`],
      columns,
      primaryKey: ['k'],
      unique: isUnique ? [['e']] : [],
      onConflict: modes[run],
      references: [{ columns: ['p'], table: 'parents', onMissing: onMissingOf(index, run) }],
    },
  ])
  const parents = { files: ['parents*.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] }
  return { name: 'conflicts', tables: { parents, ...Object.fromEntries(tables) } }
}
