import { completeTable } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { typedName, withTypedValues } from '../dw/index.ts'
import { CANDIDATES, type Candidate, shapeOf } from './type-candidates.ts'

/** What the records say of one column. Shares are those of the records that support a statement, from 0 to 1. */
export interface ColumnEvidence {
  readonly column: string
  readonly type: string
  readonly format: string | null
  /** Of the values that are there, the share that is written as the type is; and some that are not. */
  readonly typeShare: number
  readonly others: readonly string[]
  readonly otherRecords: number
  readonly missing: number
  /** Of all records, the share that has a value. */
  readonly givenShare: number
  readonly distinct: number
  /** The least and the greatest value, as text; null for types without an order. */
  readonly least: string | null
  readonly greatest: string | null
  /** Characters of the longest value. */
  readonly longest: number
  /** The most frequent values, of a column that has few. */
  readonly values: readonly { readonly value: string; readonly records: number }[]
  /** Texts that seem to say "no value". */
  readonly nullTexts: readonly { readonly value: string; readonly records: number }[]
  /** What else a person should know, in sentences. */
  readonly remarks: readonly string[]
}

/** A type is proposed when so many of the values are written as it is. */
const TYPE_SHARE = 0.95
/** So few of the values are slips rather than a reason for a wider type. */
const SLIPS = 0.005
/** A column of at most so many different values may have a list of them. */
const MOST_LISTED = 30
/** Values, the most frequent ones, of which one has to look like a type for it to be tried. */
const FIRST_VALUES = 200

const VALUES = ident('temp', 'sample_values')

/**
 * Look at a column of a sample: its values are counted once, and every type is tried on them by the rules of a run.
 * Texts such as `NULL` count as missing.
 */
export async function readColumnEvidence(
  engine: Engine,
  rows: Sql,
  records: number,
  column: string,
): Promise<ColumnEvidence> {
  await engine.run(sql`
    create or replace temp table sample_values as
    select ${ident(column)} as value, count(*) as records from ${rows} as _rows where ${ident(column)} is not null group by 1`)
  const nullTexts = await findNullTexts(engine)
  if (nullTexts.length > 0)
    await engine.run(
      sql`delete from ${VALUES} where value in (select unnest(${literal(nullTexts.map(({ value }) => value))}))`,
    )
  const { given, distinct, longest, zeros } = await engine.row<Record<string, number>>(sql`
    select
      coalesce(sum(records), 0)::bigint as given, count(*) as "distinct", coalesce(max(length(value)), 0) as longest,
      coalesce(sum(records) filter (where regexp_full_match(value, '0[0-9]+')), 0)::bigint as zeros
    from ${VALUES}`)
  const chosen = await chooseType(engine, Number(given), Number(zeros))
  const [least, greatest] = await readRange(engine, chosen)
  const isFew = Number(distinct) <= MOST_LISTED
  return {
    column,
    type: chosen.type,
    format: chosen.format ?? null,
    typeShare: chosen.share,
    ...(await readOthers(engine, chosen)),
    missing: records - Number(given),
    givenShare: records === 0 ? 0 : Number(given) / records,
    distinct: Number(distinct),
    least,
    greatest,
    longest: Number(longest),
    values: isFew ? await readValues(engine, MOST_LISTED) : [],
    nullTexts,
    remarks: chosen.remarks,
  }
}

/** `1.234,50` */
const DECIMAL_COMMA = /^-?\d{1,3}([. ]?\d{3})*,\d+$/

interface ChosenType extends Candidate {
  readonly share: number
  readonly remarks: readonly string[]
}

async function chooseType(engine: Engine, given: number, zeros: number): Promise<ChosenType> {
  const text: ChosenType = { type: 'string', share: 1, remarks: [] }
  if (given === 0) return { ...text, remarks: ['it has no value at all'] }
  const first = await readValues(engine, FIRST_VALUES)
  if (first.every(({ value }) => DECIMAL_COMMA.test(value)))
    return { ...text, remarks: ['its numbers have a decimal comma, which no type reads: it stays text'] }
  const likely = CANDIDATES.filter((candidate) => first.some(({ value }) => shapeOf(candidate).test(value)))
  const tried = await tryTypes(engine, likely)
  const most = Math.max(0, ...tried.map(({ records }) => records))
  const best = tried.find(({ records }) => records >= most * (1 - SLIPS))
  const codes = { ...text, remarks: [`${zeros} records have a number that begins with 0, as codes do: it stays text`] }
  if (best === undefined || best.records < given * TYPE_SHARE) return zeros > given * SLIPS ? codes : text
  const isNumber = ['integer', 'bigint', 'double'].includes(best.type) || best.type.startsWith('decimal')
  if (zeros > given * SLIPS && isNumber) return codes
  const equals = tried.filter(
    ({ type, format, records }) => type === best.type && format !== best.format && records === best.records,
  )
  const share = best.records / given
  const type = best.type.startsWith('decimal') ? await decimalType(engine) : best.type
  const remarks = equals.map(
    ({ format }) => `the values fit ${format} as well as ${best.format}: make sure which it is`,
  )
  return { type, share, remarks, ...(best.format === undefined ? {} : { format: best.format }) }
}

interface Tried extends Candidate {
  readonly records: number
}

/** How many records have a value of each of these types. */
async function tryTypes(engine: Engine, candidates: readonly Candidate[]): Promise<Tried[]> {
  if (candidates.length === 0) return []
  const names = candidates.map((_, index) => `c${index}`)
  const table = tableOf(Object.fromEntries(names.map((name, index) => [name, candidates[index] as Candidate])))
  const copies = join(
    names.map((name) => sql`value as ${ident(name)}`),
    ', ',
  )
  const sums = join(
    names.map(
      (name) => sql`coalesce(sum(records) filter (where ${typedName(name)} is not null), 0)::bigint as ${ident(name)}`,
    ),
    ', ',
  )
  const counts = await engine.row<Record<string, number>>(sql`
    select ${sums}
    from (${withTypedValues(table, sql`select records, ${copies} from ${VALUES}`)})`)
  return candidates.map((candidate, index) => ({
    ...candidate,
    records: Number(counts[names[index] ?? '']),
  }))
}

/** A decimal with room for two more digits before the point than there are. */
async function decimalType(engine: Engine): Promise<string> {
  const { whole, scale } = await engine.row<{ whole: number; scale: number }>(sql`
    select
      coalesce(max(length(regexp_extract(value, '^-?([0-9]+)', 1))), 1) as whole,
      coalesce(max(length(regexp_extract(value, '[.]([0-9]+)$', 1))), 0) as scale
    from ${VALUES} where regexp_full_match(value, '-?[0-9]+([.][0-9]+)?')`)
  if (Number(scale) > 8) return 'double'
  const precision = Math.min(38, Number(whole) + Number(scale) + 2)
  return `decimal(${precision},${scale})`
}

function tableOf(candidates: Readonly<Record<string, Candidate>>) {
  const columns = Object.fromEntries(
    Object.entries(candidates).map(([name, { type, format }]) => [
      name,
      format === undefined ? { type } : { type, format },
    ]),
  )
  return completeTable({ files: ['*'], columns, primaryKey: Object.keys(columns).slice(0, 1) })
}

function typedValues(chosen: Candidate): Sql {
  return withTypedValues(tableOf({ value: chosen }), sql`select value, records from ${VALUES}`)
}

async function readRange(engine: Engine, chosen: Candidate): Promise<[string | null, string | null]> {
  if (['string', 'boolean', 'uuid', 'json'].includes(chosen.type)) return [null, null]
  const value = typedName('value')
  const { least, greatest } = await engine.row<{ least: string | null; greatest: string | null }>(sql`
    select arg_min(value, ${value}) as least, arg_max(value, ${value}) as greatest
    from (${typedValues(chosen)}) where ${value} is not null`)
  return [least, greatest]
}

async function readOthers(engine: Engine, chosen: Candidate): Promise<Pick<ColumnEvidence, 'others' | 'otherRecords'>> {
  if (chosen.type === 'string') return { others: [], otherRecords: 0 }
  const others = sql`(select value, records from (${typedValues(chosen)}) where ${typedName('value')} is null)`
  const { total } = await engine.row<{ total: number }>(
    sql`select coalesce(sum(records), 0)::bigint as total from ${others}`,
  )
  const rows = await engine.rows<{ value: string }>(
    sql`select value from ${others} order by records desc, value limit 3`,
  )
  return { others: rows.map(({ value }) => value), otherRecords: Number(total) }
}

async function readValues(engine: Engine, most: number): Promise<ColumnEvidence['values']> {
  const rows = await engine.rows<{ value: string; records: number }>(
    sql`select value, records from ${VALUES} order by records desc, value limit ${raw(String(most))}`,
  )
  return rows.map(({ value, records }) => ({ value, records }))
}

async function findNullTexts(engine: Engine): Promise<ColumnEvidence['nullTexts']> {
  const rows = await engine.rows<{ value: string; records: number }>(sql`
    select value, records from ${VALUES}
    where regexp_full_match(value, '(?i)null|n/a|#n/a|none|nan|nil|-{1,3}|\\\\N|[?]{1,3}')
    order by records desc, value`)
  return rows.map(({ value, records }) => ({ value, records }))
}
