import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queryVersion } from '../../control/query-lake.ts'
import { compact } from '../../pipeline/maintain/compact.ts'
import { rollback } from '../../pipeline/maintain/rollback.ts'
import { quietly } from '../helpers/maintain.ts'
import { type OnConflict, type PlainCounts, type PlainRecord, PlainTable } from '../helpers/plain-conflicts.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

// Random files in random runs, loaded by droplake and by a plain program that takes record after record: rows, counts per file
// and rejects are the same. A lake has many tables, because a run costs more than a table. Long runs try more lakes:
// DROPLAKE_CONFLICTS.
const LAKES = Number(process.env.DROPLAKE_CONFLICTS ?? 1)
const TABLES_PER_KIND = 2
const RUNS = 3

const record: fc.Arbitrary<PlainRecord> = fc.record({
  k: fc.constantFrom('1', '2', '3', '4', '5', ''),
  a: fc.constantFrom('', 'x', 'y'),
  n: fc.constantFrom('', '1', '1', '1', 'bad'),
  e: fc.constantFrom('', '', 'p@x', 'q@x', 'r@x', 's@x'),
})
const file = fc.array(record, { minLength: 1, maxLength: 8 })
const filesOfRun = fc.array(file, { minLength: 0, maxLength: 3 })
/** What comes for one table in each run. */
type Sequence = readonly (readonly (readonly PlainRecord[])[])[]
const sequence: fc.Arbitrary<Sequence> = fc.array(filesOfRun, { minLength: RUNS, maxLength: RUNS })

/** By run; the last kind gets another one each time. */
const KINDS: readonly (readonly OnConflict[])[] = [
  ['reject', 'reject', 'reject'],
  ['ignore', 'ignore', 'ignore'],
  ['update', 'update', 'update'],
  ['history', 'history', 'history'],
  ['history', 'update', 'history'],
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
  120_000 + LAKES * 300_000,
)

async function compareWithPlain(sequences: readonly Sequence[]): Promise<void> {
  const lake = await tempLake({ config: configOf(0) })
  const plain = new Map(TABLES.map(({ name, isUnique }) => [name, new PlainTable(name, isUnique)]))
  const shown = new Map<number, string[][]>()
  for (let run = 0; run < RUNS; run++) {
    await writeFile(lake.path('pipeline_config.json'), JSON.stringify(configOf(run)))
    await lake.drop(uploadsOf(sequences, run))
    const expected = loadPlainly(plain, sequences, run)
    const summary = await lake.run()
    for (const { file: name, loaded, updated, unchanged, quarantined } of summary.files)
      expect({ name, loaded, updated, unchanged, quarantined }).toEqual({ name, ...expected.get(name) })
    expect(summary.files).toHaveLength(expected.size)
    await compareTables(lake, plain, run)
    shown.set(summary.version, await dump(lake))
  }
  expect(await lake.findings()).toEqual([])
  await checkVersions(lake, shown)
  await checkAgain(lake, sequences)
  const before = await dump(lake)
  await compact(lake.project, null, quietly())
  expect(await dump(lake)).toEqual(before)
  expect(await lake.findings()).toEqual([])
}

function loadPlainly(plain: ReadonlyMap<string, PlainTable>, sequences: readonly Sequence[], run: number) {
  const expected = new Map<string, PlainCounts>()
  for (const [index, { name, modes }] of TABLES.entries()) {
    const earlier = new Set((sequences[index] ?? []).slice(0, run).flat().map(textOf))
    for (const [number, records] of (sequences[index]?.[run] ?? []).entries()) {
      const isDuplicate = earlier.has(textOf(records))
      earlier.add(textOf(records))
      const upload = fileName(name, run, number)
      const counts = isDuplicate
        ? { loaded: 0, updated: 0, unchanged: records.length, quarantined: 0 }
        : plain.get(name)?.load({ name: upload, records }, modes[run] as OnConflict)
      expected.set(upload, counts as PlainCounts)
    }
  }
  return expected
}

/** Rows and rejects of all tables, with the addresses of their records. */
async function compareTables(lake: TempLake, plain: ReadonlyMap<string, PlainTable>, run: number): Promise<void> {
  const names = `(select distinct file_id as _file_id, name from control.files where outcome = 'loaded')`
  const found = await lake.query(
    TABLES.map(({ name, modes }) => {
      const current = modes[run] === 'history' ? '_current' : 'true'
      return `select '${name}', k, coalesce(a, ''), coalesce(n::varchar, ''), coalesce(e, ''), name || ':' || _line, ${current} from dw.${name} join ${names} using (_file_id)`
    }).join(' union all '),
  )
  const rejects = await lake.query(
    TABLES.map(
      ({ name }) =>
        `select '${name}', _file || ':' || _line, array_to_string(_rules, ','), _reason from quarantine.${name}`,
    ).join(' union all '),
  )
  for (const { name, modes } of TABLES) {
    const isHistory = modes[run] === 'history'
    const table = plain.get(name) as PlainTable
    const rows = table.rows
      .filter((row) => isHistory || row.isCurrent)
      .map(({ k, a, n, e, address, isCurrent }) => [name, k, a, n, e, address, String(isCurrent)])
    expect(found.filter((row) => row[0] === name).sort(), `rows of ${name}`).toEqual(rows.sort())
    const refused = table.rejects.map(({ address, rules, reasons }) => [
      name,
      address,
      rules.join(),
      reasons.join('; '),
    ])
    expect(rejects.filter((row) => row[0] === name).sort(), `rejects of ${name}`).toEqual(refused.sort())
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
    (sequences[index]?.[run] ?? []).map((records, number) => [fileName(name, run, number), textOf(records)] as const),
  )
  return Object.fromEntries(uploads)
}

function fileName(table: string, run: number, number: number): string {
  return `${table}_${run}_${number}.csv`
}

function textOf(records: readonly PlainRecord[]): string {
  return ['k,a,n,e', ...records.map(({ k, a, n, e }) => `${k},${a},${n},${e}`), ''].join('\n')
}

function configOf(run: number) {
  const optional = { required: false }
  const columns = {
    k: { type: 'integer' },
    a: { type: 'string', ...optional },
    n: { type: 'integer', ...optional },
    e: { type: 'string', ...optional },
  }
  const tables = TABLES.map(({ name, modes, isUnique }) => [
    name,
    {
      files: [`${name}_*.csv`],
      columns,
      primaryKey: ['k'],
      unique: isUnique ? [['e']] : [],
      onConflict: modes[run],
    },
  ])
  return { name: 'conflicts', tables: Object.fromEntries(tables) }
}
