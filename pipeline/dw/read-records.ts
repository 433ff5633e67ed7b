import { mayWait } from '../../control/relations.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { holdsBack, typedName } from './rules/index.ts'
import type { InputPart, TableInput } from './table-input.ts'
import { hasOwnText, textName, textValue } from './text-value.ts'
import { looseName, looseValue, typedValue } from './typed-value.ts'

/**
 * A query of the records of a part as ODS has them, in their order (`selectRaw`, for people, loses it): every column of the table as text, `_extra`, `_malformed`, `_raw`,
 * `_file_id` and `_line`; where records of the table may wait, `_waited_since`.
 */
export function readRecords({ table }: TableInput, part: InputPart): Sql {
  const columns = join(columnsOf(table), ', ')
  const extra = part.hasExtra ? sql`_extra` : sql`null::varchar as _extra`
  const waited = mayWait(table) ? sql`, ${part.isReturned ? sql`` : sql`null::timestamp as `}_waited_since` : sql``
  if (part.lines === null)
    return sql`
      select ${columns}, ${extra}, _malformed, _raw, _file_id, _line${waited}
      from ${part.source}`
  const { fileId, firstLine, hasPlaceholders } = part.lines
  return sql`
    select
      ${columns}, ${extra}, null::varchar as _malformed, null::varchar as _raw, ${literal(fileId)} as _file_id,
      file_row_number + ${raw(String(firstLine))} as _line${waited}
    from ${part.source}
    ${hasPlaceholders ? sql`where coalesce(${columns}, _extra) is not null` : sql``}`
}

/** A query of raw records, with each column's value as `_typed_<column>`; NULL where its text is none of its type. */
export function withTypedValues(table: TableConfig, records: Sql): Sql {
  const columns = Object.entries(table.columns)
  const texts = columns
    .filter(([, column]) => hasOwnText(column))
    .map(([name, column]) => sql`${textValue(name, column)} as ${textName(name, column)}`)
  const loose = columns.map(([name, column]) => sql`${looseValue(name, column)} as ${looseName(name)}`)
  const typed = columns.map(([name, column]) => sql`${typedValue(name, column)} as ${typedName(name)}`)
  // Steps, so that each text is trimmed and cast once.
  return sql`
    select *, ${join(typed, ', ')}
    from (select *, ${join(loose, ', ')} from (${texts.length === 0 ? records : sql`select *, ${join(texts, ', ')} from (${records})`}))`
}

/** The typed records of a part, judged by all rules that need nothing but the record: `_broken`. */
export function readJudgedRecords(input: TableInput, part: InputPart): Sql {
  const broken = join(
    input.rules.filter(holdsBack).map((rule) => rule.broken),
    ' or ',
  )
  return sql`select *, coalesce(${broken}, false) as _broken from (${withTypedValues(input.table, readRecords(input, part))})`
}

function columnsOf(table: TableConfig): Sql[] {
  return Object.keys(table.columns).map((name) => ident(name))
}
