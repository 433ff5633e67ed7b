import type { SourceColumn } from '../../control/row-source.ts'
import { sqlTypeOf } from '../../core/config/column-types.ts'
import type { ColumnConfig, TableConfig } from '../../core/config/schema.ts'
import { ident, join, raw, type Sql, sql } from '../../core/sql.ts'
import { looseName, looseValue, typedName, typedValue } from '../dw/index.ts'

/** Types of a source that hold numbers, from which a number of the contract can be taken when it stays the same. */
const WHOLE = /^(INTEGER|BIGINT|DECIMAL)/

/**
 * Whether values of a source's type can become values of a column: the same type, text that is written as the contract says
 * or in ISO 8601, and numbers and dates that lose nothing.
 */
export function fits(source: SourceColumn, column: ColumnConfig): boolean {
  const wanted = sqlTypeOf(column).replace(' ', '').toUpperCase()
  if (source.type === wanted || source.type === 'VARCHAR') return true
  if (source.type === 'DATE') return wanted === 'TIMESTAMP'
  return WHOLE.test(source.type) && /^(INTEGER|BIGINT|DECIMAL|DOUBLE)/.test(wanted)
}

/**
 * A query of a source's rows as rules see records: each column as text under its name, `_typed_<column>` its value, nothing
 * malformed.
 *
 * @param ours values of the columns of ours, with their names
 */
export function recordsOf(table: TableConfig, columns: readonly SourceColumn[], ours: readonly Sql[], rows: Sql): Sql {
  const entries = Object.entries(table.columns).map(([name, column]) => ({
    name,
    column,
    type: columns.find((source) => source.name === name)?.type ?? null,
  }))
  const given = entries.flatMap(({ name, type }) => {
    if (type === null) return [sql`null::varchar as ${ident(name)}`]
    if (type === 'VARCHAR') return [ident(name)]
    return [sql`${ident(name)}::varchar as ${ident(name)}`, sql`${ident(name)} as ${sourceName(name)}`]
  })
  const loose = entries
    .filter(({ type }) => type === 'VARCHAR')
    .map(({ name, column }) => sql`${looseValue(name, column)} as ${looseName(name)}`)
  const typed = entries.map(({ name, column, type }) => sql`${typedColumn(name, column, type)} as ${typedName(name)}`)
  const nothing = sql`null::varchar as _malformed, null::varchar as _raw, null::varchar as _extra`
  return sql`
    select *, ${join(typed, ', ')}
    from (
      select *, ${join([...loose, nothing], ', ')}
      from (select ${join([...given, ...ours], ', ')} from ${rows})
    )`
}

function sourceName(name: string): Sql {
  return ident(`_source_${name}`)
}

function typedColumn(name: string, column: ColumnConfig, type: string | null): Sql {
  if (type === null) return sql`null::${raw(sqlTypeOf(column))}`
  if (type === 'VARCHAR') return textValue(name, column)
  return withinContract(typedSource(sourceName(name), column, type), column)
}

/** Text as the contract writes it; moments also in ISO 8601, as backups write them. */
function textValue(name: string, column: ColumnConfig): Sql {
  const value = typedValue(name, column)
  if (column.type !== 'timestamp') return value
  const text = ident(name)
  const iso = sql`try_cast(${text} as timestamp)`
  const isIso = sql`regexp_full_match(${text}, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z?')`
  return sql`coalesce(${value}, case when ${isIso} and strftime(${iso}, '%Y-%m-%dT%H:%M:%S') = left(${text}, 19) and year(${iso}) >= 1 then ${iso} end)`
}

/** A value of another type that is still the same. */
function typedSource(source: Sql, column: ColumnConfig, type: string): Sql {
  const wanted = sqlTypeOf(column)
  if (type === wanted.replace(' ', '').toUpperCase()) return source
  const cast = sql`try_cast(${source} as ${raw(wanted)})`
  return type === 'DATE' ? cast : sql`case when ${cast} = ${source} then ${cast} end`
}

/** What no text of the contract could say is no value either: infinity, a year that has not four digits. */
function withinContract(value: Sql, column: ColumnConfig): Sql {
  if (column.type === 'double') return sql`case when isfinite(${value}) then ${value} end`
  if (column.type !== 'date' && column.type !== 'timestamp') return value
  return sql`case when isfinite(${value}) and year(${value}) between 1 and 9999 then ${value} end`
}
