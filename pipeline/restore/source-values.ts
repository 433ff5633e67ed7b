import type { RowSource, SourceColumn } from '../../control/row-source.ts'
import { baseTypeOf, formatOf, sqlTypeOf } from '../../core/config/column-types.ts'
import type { ColumnConfig, TableConfig } from '../../core/config/schema.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { hasOwnText, looseName, looseValue, textName, textValue, typedName, typedValue } from '../dw/index.ts'

/** Types of a source that hold numbers, from which a number of the contract can be taken when it stays the same. */
const WHOLE = /^(INTEGER|BIGINT|DECIMAL)/

/**
 * Whether values of a source's type can become values of a column: the same type, text that is written as the contract says
 * or in ISO 8601, and numbers and dates that lose nothing.
 */
export function fits(source: SourceColumn, column: ColumnConfig): boolean {
  const wanted = upperType(column)
  if (source.type === wanted || source.type === 'VARCHAR') return true
  if (source.type === 'DATE') return wanted === 'TIMESTAMP'
  return WHOLE.test(source.type) && /^(INTEGER|BIGINT|DECIMAL|DOUBLE)/.test(wanted)
}

/**
 * A query of a source's rows as rules see records: each column as text under its name, `_typed_<column>` its value, nothing
 * malformed.
 *
 * @param others columns that go along: those of ours, with their names
 * @param texts `shown`: values that are no text are written as text, for people; `there`: some text stands for them, which is all
 *   that rules ask of it and a quarter of the time
 */
export function recordsOf(
  table: TableConfig,
  source: RowSource,
  others: readonly Sql[],
  rows: Sql,
  texts: 'shown' | 'there',
): Sql {
  const columns = Object.entries(table.columns).map(([name, config]) => {
    const type = source.columns.find((column) => column.name === name)?.type ?? null
    return { name, config, type, isText: type === 'VARCHAR' }
  })
  const given = columns.flatMap(({ name, type, isText }) => {
    if (type === null) return [sql`null::varchar as ${ident(name)}`]
    if (isText) return [ident(name)]
    const text =
      texts === 'shown' ? sql`${ident(name)}::varchar` : sql`case when ${ident(name)} is not null then 'x' end`
    return [sql`${text} as ${ident(name)}`, sql`${ident(name)} as ${sourceName(name)}`]
  })
  const ownTexts = columns
    .filter(({ config }) => hasOwnText(config))
    .map(
      ({ name, config, isText }) => sql`${isText ? textValue(name, config) : ident(name)} as ${textName(name, config)}`,
    )
  const loose = columns
    .filter(({ isText }) => isText)
    .map(({ name, config }) => sql`${looseValue(name, config)} as ${looseName(name)}`)
  const typed = columns.map(({ name, config, type }) => {
    const value = typedColumn(name, config, type, source.writesIso)
    return sql`${value} as ${typedName(name)}`
  })
  const nothing = sql`null::varchar as _malformed, null::varchar as _raw, null::varchar as _extra`
  return sql`
    select *, ${join(typed, ', ')}
    from (
      select *, ${join([...loose, nothing], ', ')}
      from (select *${ownTexts.length === 0 ? sql`` : sql`, ${join(ownTexts, ', ')}`} from (select ${join([...given, ...others], ', ')} from ${rows}))
    )`
}

function sourceName(name: string): Sql {
  return ident(`_source_${name}`)
}

function upperType(column: ColumnConfig): string {
  return sqlTypeOf(column).replace(' ', '').toUpperCase()
}

function typedColumn(name: string, column: ColumnConfig, type: string | null, writesIso: boolean): Sql {
  if (type === null) return sql`null::${raw(sqlTypeOf(column))}`
  if (type === 'VARCHAR') return textColumn(name, column, writesIso)
  return withinContract(typedSource(sourceName(name), column, type), column)
}

/** How moments are written in ISO 8601, in the letters of strftime. */
const ISO_FORMATS: Readonly<Record<string, string>> = {
  date: '%Y-%m-%d',
  timestamp: '%Y-%m-%dT%H:%M:%SZ',
  time: '%H:%M:%S',
}

/** Text as the contract writes it. A moment may be written in ISO 8601, too, and in a backup of ours it always is. */
function textColumn(name: string, column: ColumnConfig, writesIso: boolean): Sql {
  const value = typedValue(name, column)
  const isoFormat = ISO_FORMATS[baseTypeOf(column)]
  if (isoFormat === undefined) return value
  const iso = isoValue(textName(name, column), baseTypeOf(column))
  const isOnlyIso = writesIso && formatOf(column) !== isoFormat
  return sql`coalesce(${isOnlyIso ? join([iso, value], ', ') : join([value, iso], ', ')})`
}

const ISO_PATTERNS: Readonly<Record<string, string>> = {
  date: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
  timestamp: '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?',
  time: '[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?',
}

/** DuckDB reads `24:00:00` and 30 February as other moments: written back, it must be the same text. */
function isoValue(text: Sql, type: string): Sql {
  const loose = sql`try_cast(${text} as ${raw(type)})`
  const again = sql`replace(${loose}::varchar, ' ', 'T')`
  const length = raw(type === 'timestamp' ? '19' : type === 'date' ? '10' : '8')
  const isSame = sql`left(${again}, ${length}) = left(${text}, ${length})`
  const isInRange = type === 'time' ? sql`true` : sql`${text} >= '0001'`
  const value = type === 'timestamp' ? inUtc(text, loose) : loose
  return sql`case when regexp_full_match(${text}, ${literal(ISO_PATTERNS[type] ?? '')}) and ${isSame} and ${isInRange} then ${value} end`
}

/** A moment with an offset from UTC, `…+02:00`, which DuckDB passes over (1.5.6). In a year of four digits there, too. */
function inUtc(text: Sql, local: Sql): Sql {
  const offset = sql`right(${text}, 6)`
  const minutes = sql`(substr(${offset}, 2, 2)::integer * 60 + substr(${offset}, 5, 2)::integer)`
  const moment = sql`(${local} - to_minutes(case when left(${offset}, 1) = '-' then -${minutes} else ${minutes} end))`
  return sql`case
    when substr(${text}, -6, 1) not in ('+', '-') then ${local}
    when year(${moment}) between 1 and 9999 then ${moment}
  end`
}

/** A value of another type that is still the same. */
function typedSource(source: Sql, column: ColumnConfig, type: string): Sql {
  if (type === upperType(column)) return source
  const cast = sql`try_cast(${source} as ${raw(sqlTypeOf(column))})`
  return type === 'DATE' ? cast : sql`case when ${cast} = ${source} then ${cast} end`
}

/** What no text of the contract could say is no value either: infinity, a year that has not four digits. */
function withinContract(value: Sql, column: ColumnConfig): Sql {
  if (column.type === 'double') return sql`case when isfinite(${value}) then ${value} end`
  if (column.type !== 'date' && column.type !== 'timestamp') return value
  return sql`case when isfinite(${value}) and year(${value}) between 1 and 9999 then ${value} end`
}
