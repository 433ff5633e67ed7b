import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queryVersion } from '../../control/query-lake.ts'
import { compact } from '../../pipeline/maintain/compact.ts'
import { rollback } from '../../pipeline/maintain/rollback.ts'
import { quietly } from '../helpers/maintain.ts'
import { type OnConflict, type PlainFile, type PlainRecord, PlainTable } from '../helpers/plain-conflicts.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

// Random files in random runs, loaded by droplake and by a plain program that takes record after record: rows, counts per file
// and rejects are the same. Long runs try more: DROPLAKE_CONFLICTS.
const CASES = Number(process.env.DROPLAKE_CONFLICTS ?? 4)

const record: fc.Arbitrary<PlainRecord> = fc.record({
  k: fc.constantFrom('1', '2', '3', '4', '5', ''),
  a: fc.constantFrom('', 'x', 'y'),
  n: fc.constantFrom('', '1', '1', '1', 'bad'),
  e: fc.constantFrom('', '', 'p@x', 'q@x', 'r@x', 's@x'),
})
const records = fc.array(record, { minLength: 1, maxLength: 8 })
/** Runs of files of records. */
const runs = fc.array(fc.array(records, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 })

const MODES: readonly (readonly [string, readonly OnConflict[]])[] = [
  ['reject', ['reject']],
  ['ignore', ['ignore']],
  ['update', ['update']],
  ['history', ['history']],
  ['another onConflict in each run', ['history', 'update', 'ignore', 'history', 'reject']],
]

test.each(MODES.flatMap(([what, modes]) => [true, false].map((isUnique) => ({ what, modes, isUnique }))))(
  'files load as record after record would: $what, unique lists: $isUnique',
  async ({ modes, isUnique }) => {
    const check = (all: readonly (readonly (readonly PlainRecord[])[])[]) => compareWithPlain(all, modes, isUnique)
    await fc.assert(fc.asyncProperty(runs, check), { numRuns: CASES, endOnFailure: process.env.DEVELOP === '1' })
  },
  60_000 + CASES * 60_000,
)

async function compareWithPlain(
  all: readonly (readonly (readonly PlainRecord[])[])[],
  modes: readonly OnConflict[],
  isUnique: boolean,
): Promise<void> {
  const lake = await tempLake({ config: configOf('reject', isUnique) })
  const plain = new PlainTable(isUnique)
  const seen = new Set<string>()
  const shown = new Map<number, string[][]>()
  for (const [number, files] of all.entries()) {
    const onConflict = modes[number % modes.length] as OnConflict
    await writeFile(lake.path('pipeline_config.json'), JSON.stringify(configOf(onConflict, isUnique)))
    const named = files.map((one, index) => ({ name: `t${number}_${index}.csv`, records: one }))
    await lake.drop(Object.fromEntries(named.map((file) => [file.name, textOf(file)])))
    const expected = named.map((file) => {
      const text = textOf(file)
      const isDuplicate = seen.has(text)
      seen.add(text)
      if (isDuplicate) return { loaded: 0, updated: 0, unchanged: file.records.length, quarantined: 0 }
      return plain.load(file, onConflict)
    })
    const summary = await lake.run()
    expect(
      summary.files
        .toSorted((one, other) => (one.file < other.file ? -1 : 1))
        .map(({ loaded, updated, unchanged, quarantined }) => ({ loaded, updated, unchanged, quarantined })),
    ).toEqual(expected)
    const isHistory = onConflict === 'history'
    const rows = plain.rows.filter((row) => isHistory || row.isCurrent)
    expect(await rowsOf(lake, isHistory)).toEqual(
      rows.map(({ k, a, n, e, address, isCurrent }) => [k, a, n, e, address, String(isCurrent)]).sort(),
    )
    expect(summary.tables[0]?.rows).toBe(rows.length)
    if (isHistory) await checkValidity(lake)
    expect(await rejectsOf(lake)).toEqual(
      plain.rejects.map((reject) => [reject.address, reject.rules.join(), reject.reasons.join('; ')]).sort(),
    )
    shown.set(summary.version, await lake.query('from dw.t order by all'))
  }
  expect(await lake.findings()).toEqual([])
  if (modes.length === 1) await checkVersions(lake, shown)
  await checkAgain(lake, all)
  await checkCompaction(lake)
}

/** Every version is there as it was, and a rollback brings it back. */
async function checkVersions(lake: TempLake, shown: ReadonlyMap<number, string[][]>): Promise<void> {
  for (const [version, rows] of shown) {
    const found: string[][] = []
    await queryVersion(lake.project, version, 'from dw.t order by all', async ({ chunks }) => {
      for await (const chunk of chunks) found.push(...chunk.getRows().map((row) => row.map(String)))
    })
    expect(found).toEqual(rows)
  }
  const [[first, rows] = [0, []]] = shown
  const newest = Math.max(...shown.keys())
  await rollback(lake.project, first, quietly())
  expect(await lake.query('from dw.t order by all')).toEqual(rows)
  expect(await lake.findings()).toEqual([])
  await rollback(lake.project, newest, quietly())
  expect(await lake.query('from dw.t order by all')).toEqual(shown.get(newest))
  expect(await lake.findings()).toEqual([])
}

/** The same files again change nothing. */
async function checkAgain(lake: TempLake, all: readonly (readonly (readonly PlainRecord[])[])[]): Promise<void> {
  const before = await lake.query('from dw.t order by all')
  const files = all.flatMap((one, number) =>
    one.map((records, index) => ({ name: `t${number}_${index}.csv`, records })),
  )
  await lake.drop(Object.fromEntries(files.map((file) => [file.name, textOf(file)])))
  const summary = await lake.run()
  expect(summary.files.map((file) => file.outcome)).toEqual(files.map(() => 'duplicate'))
  expect(summary.isNewVersion).toBe(false)
  expect(await lake.query('from dw.t order by all')).toEqual(before)
}

async function checkCompaction(lake: TempLake): Promise<void> {
  const before = await lake.query('from dw.t order by all')
  await compact(lake.project, null, quietly())
  expect(await lake.query('from dw.t order by all')).toEqual(before)
  expect(await lake.findings()).toEqual([])
}

/** The versions of a row follow one another without a gap; none is empty. */
async function checkValidity(lake: TempLake): Promise<void> {
  const wrong = await lake.query(`
    select * from (
      select *, lead(_valid_from) over (partition by k order by _valid_from nulls first) as next_from from dw.t
    )
    where _valid_to <= _valid_from or _current <> (_valid_to is null) or next_from < _valid_to`)
  expect(wrong).toEqual([])
}

async function rowsOf(lake: TempLake, isHistory: boolean): Promise<string[][]> {
  const rows = await lake.query(`
    select k, coalesce(a, ''), coalesce(n::varchar, ''), coalesce(e, ''), name || ':' || _line, ${isHistory ? '_current' : 'true'}
    from dw.t
    join (select distinct file_id as _file_id, name from control.files where outcome = 'loaded') using (_file_id)`)
  return rows.sort()
}

async function rejectsOf(lake: TempLake): Promise<string[][]> {
  const rows = await lake.query(`select _file || ':' || _line, array_to_string(_rules, ','), _reason from quarantine.t`)
  return rows.sort()
}

function textOf({ records }: Pick<PlainFile, 'records'>): string {
  return ['k,a,n,e', ...records.map(({ k, a, n, e }) => `${k},${a},${n},${e}`), ''].join('\n')
}

function configOf(onConflict: OnConflict, isUnique: boolean) {
  const optional = { required: false }
  return {
    name: 'conflicts',
    tables: {
      t: {
        files: ['t*.csv'],
        columns: {
          k: { type: 'integer' },
          a: { type: 'string', ...optional },
          n: { type: 'integer', ...optional },
          e: { type: 'string', ...optional },
        },
        primaryKey: ['k'],
        unique: isUnique ? [['e']] : [],
        onConflict,
      },
    },
  }
}
