import type { Engine } from '../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import type { ColumnEvidence } from './column-evidence.ts'

/** Columns that may name a row. */
export interface KeyEvidence {
  readonly columns: readonly string[]
  /** Records with a key of their own, of those that have one. */
  readonly share: number
  /** Records whose key another one has before them. */
  readonly repeated: number
}

/** Columns that take part in the search for a key of several. */
const MOST_COLUMNS = 8
/** Keys are told apart from chance: fewer repetitions than this are taken for faults of the file. */
const KEY_SHARE = 0.98
/** Thousandths of the records that a name, or a type, outweighs. */
const MOST_FOR_NAME = 20

/**
 * The likely primary key, and others that would do as well, the likeliest first: one column, else two, else three. When nothing
 * names a row, the best there is.
 *
 * @param required columns that nearly always have a value, in the file's order
 */
export async function findKeys(
  engine: Engine,
  rows: Sql,
  required: readonly ColumnEvidence[],
): Promise<readonly KeyEvidence[]> {
  const singles = await tryKeys(
    engine,
    rows,
    required.map(({ column }) => [column]),
  )
  const good = singles.filter(({ share }) => share >= KEY_SHARE)
  if (good.length > 0) return rank(good, required)
  const most = [...required].sort((a, b) => b.distinct - a.distinct).slice(0, MOST_COLUMNS)
  const names = required.filter((column) => most.includes(column)).map(({ column }) => column)
  let tried = singles
  for (const size of [2, 3]) {
    const found = await tryKeys(engine, rows, combinations(names, size))
    tried = [...found, ...tried]
    if (found.some(({ share }) => share >= KEY_SHARE)) break
  }
  return rank(tried, required).slice(0, 3)
}

async function tryKeys(engine: Engine, rows: Sql, keys: readonly (readonly string[])[]): Promise<KeyEvidence[]> {
  const found: KeyEvidence[] = []
  for (const columns of keys) {
    const names = join(
      columns.map((column) => ident(column)),
      ', ',
    )
    const given = join(
      columns.map((column) => sql`${ident(column)} is not null`),
      ' and ',
    )
    const { records, keys: different } = await engine.row<{ records: number; keys: number }>(sql`
      select coalesce(sum(times), 0)::bigint as records, count(*) as keys
      from (select count(*) as times from ${rows} as _rows where ${given} group by ${names})`)
    const share = records === 0 ? 0 : different / records
    found.push({ columns, share, repeated: records - different })
  }
  return found
}

/** The one that is called a key and is of a type that keys have, then the one with more of the records, then the first in the file. */
function rank(keys: readonly KeyEvidence[], columns: readonly ColumnEvidence[]): KeyEvidence[] {
  const isNamed = ({ columns: [name = ''] }: KeyEvidence) => /(^|_)(id|key|code|nr|no|number|uuid)$/i.test(name)
  const isPlain = ({ columns: [name = ''] }: KeyEvidence) =>
    /^(integer|bigint|string|uuid)$/.test(columns.find(({ column }) => column === name)?.type ?? '')
  const score = (key: KeyEvidence) =>
    Math.round(key.share * 1000) + (isNamed(key) ? MOST_FOR_NAME : 0) + (isPlain(key) ? MOST_FOR_NAME : 0)
  return [...keys].sort((a, b) => score(b) - score(a))
}

function combinations(names: readonly string[], size: number): string[][] {
  if (size === 0) return [[]]
  return names.flatMap((name, index) =>
    combinations(names.slice(index + 1), size - 1).map((others) => [name, ...others]),
  )
}
