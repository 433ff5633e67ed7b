import type { Bench } from '../../control/data-files.ts'
import type { RowSource, ValueRange } from '../../control/row-source.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../core/sql.ts'
import { allGiven, asRecords, holdsBack, keyNames, keysOf, type Rule, referenceRules } from '../dw/index.ts'
import { type AcceptedPart, putAside } from './accept-rows.ts'
import type { Target } from './target.ts'

/** Rows of other tables, or of this one, that refer to nothing. */
export interface Orphans {
  readonly table: string
  /** `reference:department_id` */
  readonly rule: string
  readonly rows: number
  /** Some of them, a sentence each. */
  readonly examples: readonly string[]
}

const MOST_EXAMPLES = 5

/** Put aside the rows of which a row before them has the key, or the values of a list of `unique`. */
export async function refuseRepeatedKeys(
  bench: Bench,
  target: Target,
  source: Pick<RowSource, 'overlaps'>,
  parts: readonly AcceptedPart[],
): Promise<void> {
  if (parts.length === 0) return
  for (const columns of keysOf(target.table)) {
    const suspect = fewestSuspects(source, columns)
    if (suspect?.ranges.length === 0) continue
    const rows = currentOf(target, parts)
    await refuseRepeated(bench, target, columns, rows, await repeatedKeys(bench, columns, rows, suspect))
  }
}

/** A column of a key, and the ranges in which a value of it may come twice. */
interface Suspect {
  readonly column: string
  readonly ranges: readonly ValueRange[]
}

/** Of a key's columns, the one with the fewest ranges; undefined where they are known of none. */
function fewestSuspects(source: Pick<RowSource, 'overlaps'>, columns: readonly string[]): Suspect | undefined {
  return columns
    .flatMap((column) => {
      const ranges = source.overlaps(column)
      return ranges === null ? [] : [{ column, ranges }]
    })
    .sort((one, other) => one.ranges.length - other.ranges.length)[0]
}

/** Versions of a row that are no longer current share its key. */
function currentOf({ table }: Target, parts: readonly AcceptedPart[]): Sql {
  const rows = readParquet(parts.map(({ path }) => path))
  return table.onConflict === 'history' ? sql`(select * from ${rows} where _valid_to is null)` : rows
}

async function refuseRepeated(
  bench: Bench,
  target: Target,
  columns: readonly string[],
  rows: Sql,
  repeated: Sql,
): Promise<void> {
  const { table } = target
  const key = keyNames(columns)
  await bench.engine.run(sql`create or replace temp table repeated_keys as ${repeated}`)
  const { found } = await bench.engine.row<{ found: number }>(sql`select count(*) as found from repeated_keys`)
  if (found === 0) return
  const shown = join(
    columns.map((column) => sql`${literal(`${column} "`)} || ${ident(column)}::varchar || '"'`),
    " || ', ' || ",
  )
  const rule: Rule = {
    id: `unique:${columns.join(',')}`,
    severity: 'quarantine',
    broken: sql`_place > 1`,
    reason: sql`${shown} || ' stands in a row before it'`,
  }
  const ranked = sql`
    select *, row_number() over (partition by ${key} order by _place_in_file) as _place
    from (select *, row_number() over () as _place_in_file from ${rows}) semi join repeated_keys using (${key})`
  await putAside(bench, target, sql`select * from (${asRecords(table, ranked)}) where _place > 1`, [rule])
}

/**
 * Keys that come more than once. Where the source does not know in which ranges to look: whoever comes second is not greater than
 * the greatest before, and of such rows there are few in a table that is nearly sorted by its key. Keeping all keys in memory
 * is left for those that are not.
 */
async function repeatedKeys(
  { engine }: Bench,
  columns: readonly string[],
  rows: Sql,
  suspect: Suspect | undefined,
): Promise<Sql> {
  const key = keyNames(columns)
  const countedIn = (some: Sql) =>
    sql`select ${key} from ${some} where ${allGiven(columns)} group by ${key} having count(*) > 1`
  if (suspect !== undefined) {
    // A column of whole numbers has them in this type too, whatever its own.
    const value = sql`${ident(suspect.column)}::hugeint`
    const ranges = suspect.ranges.map(
      ({ first, last }) => sql`${value} between ${raw(String(first))} and ${raw(String(last))}`,
    )
    return countedIn(sql`(select * from ${rows} where ${join(ranges, ' or ')})`)
  }
  if (columns.length > 1) return countedIn(rows)
  await engine.run(sql`
    create or replace temp table candidate_keys as
    select distinct ${key}
    from (
      select ${key}, lag(_greatest) over () as _greatest_before
      from (select ${key}, max(${key}) over (rows unbounded preceding) as _greatest from ${rows})
    )
    where ${key} <= _greatest_before
    limit ${literal(MOST_CANDIDATES + 1)}`)
  const { found } = await engine.row<{ found: number }>(sql`select count(*) as found from candidate_keys`)
  return countedIn(
    found > MOST_CANDIDATES ? rows : sql`(select * from ${rows} semi join candidate_keys using (${key}))`,
  )
}

const MOST_CANDIDATES = 100_000

/** Rows of the restored table that refer to nothing. The views `dw.<table>` must show the other tables. */
export async function findOrphans(
  { engine }: Bench,
  target: Target,
  tables: Config['tables'],
  parts: readonly AcceptedPart[],
): Promise<Orphans[]> {
  if (parts.length === 0) return []
  const rows = asRecords(target.table, sql`select * from ${readParquet(parts.map(({ path }) => path))}`)
  return countOrphans(
    engine,
    target.tableName,
    referenceRules(target.table, tables).filter(holdsBack),
    rows,
    target.table,
  )
}

/** Rows of other tables that refer to rows which the restored table has not. The view of it must show it as it will be. */
export async function findOrphanedChildren(
  { engine }: Bench,
  { tableName }: Target,
  tables: Config['tables'],
): Promise<Orphans[]> {
  const orphans: Orphans[] = []
  for (const [name, table] of Object.entries(tables)) {
    const references = table.references.filter((reference) => reference.table === tableName)
    if (name === tableName || references.length === 0) continue
    const rules = referenceRules({ ...table, references }, tables).filter(holdsBack)
    const rows = asRecords(table, sql`select * from ${ident('dw', name)}`)
    orphans.push(...(await countOrphans(engine, name, rules, rows, table)))
  }
  return orphans
}

/** Put aside the rows that refer to nothing. */
export async function refuseOrphans(
  bench: Bench,
  target: Target,
  tables: Config['tables'],
  parts: readonly AcceptedPart[],
): Promise<void> {
  const rules = referenceRules(target.table, tables).filter(holdsBack)
  if (parts.length === 0 || rules.length === 0) return
  const rows = asRecords(target.table, sql`select * from ${readParquet(parts.map(({ path }) => path))}`)
  await putAside(bench, target, sql`select * from (${rows}) where ${anyBroken(rules)}`, rules)
}

async function countOrphans(
  engine: Bench['engine'],
  tableName: string,
  rules: readonly Rule[],
  rows: Sql,
  table: TableConfig,
): Promise<Orphans[]> {
  const orphans: Orphans[] = []
  const key = join(
    table.primaryKey.map((column) => sql`${literal(`${column} `)} || coalesce(${ident(column)}, '')`),
    " || ', ' || ",
  )
  for (const rule of rules) {
    const broken = sql`from (${rows}) where ${rule.broken}`
    const { found } = await engine.row<{ found: number }>(sql`select count(*) as found ${broken}`)
    if (found === 0) continue
    const examples = await engine.rows<{ text: string }>(
      sql`select ${key} || ': ' || ${rule.reason} as text ${broken} limit ${literal(MOST_EXAMPLES)}`,
    )
    orphans.push({ table: tableName, rule: rule.id, rows: found, examples: examples.map(({ text }) => text) })
  }
  return orphans
}

function anyBroken(rules: readonly Rule[]): Sql {
  return sql`(${join(
    rules.map((rule) => rule.broken),
    ' or ',
  )})`
}
