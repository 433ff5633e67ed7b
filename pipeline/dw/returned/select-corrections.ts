import { undefused } from '../../../core/defuse.ts'
import { ident, join, literal, readParquet, type Sql, sql } from '../../../core/sql.ts'
import { ENTRY_COLUMNS } from '../../inbox/entry-columns.ts'
import type { RawFile } from '../../ods/index.ts'
import { together } from '../keys/key-sql.ts'
import { RUN_FILES, type TableInput } from '../table-input.ts'
import { REPEATED } from './find-repeated.ts'
import { entryValues } from './find-returned.ts'

/**
 * The records of the corrections in a batch, each at the place of the entry that it corrects. One that names no entry stands
 * at its own place, as malformed. Those that change nothing are left out: their entry is no longer open, the same record stands in the run
 * twice, the same bytes brought it into quarantine before, or a spreadsheet has left an empty row. Whoever deletes a column means to keep
 * what it had. An entry that is itself a refused row of a correction never becomes a record of its own: it keeps its verdict.
 *
 * @param corrections the uploads in the batch
 * @param batch absolute path
 * @param entries the quarantine before the run
 * @param uploads `file_id` of all uploads that are corrections
 */
export function selectCorrections(
  { tableName, table }: TableInput,
  corrections: readonly Pick<RawFile, 'fileId' | 'dialect'>[],
  batch: string,
  entries: Sql,
  uploads: Sql,
): Sql {
  const names = Object.keys(table.columns)
  const columns = names.map((name) => ident(name))
  const undefusedColumns = columns.map((column) => sql`${undefused(column)} as ${column}`)
  const given = join(
    columns.map((column) => sql`_given.${column}`),
    ', ',
  )
  const values = names.map((name) => correctedValue(name, corrections))
  const allMissing = sql`coalesce(${given}, null) is null`
  return sql`
    select
      ${join(values, ', ')}, ${ownExtra()} as _extra,
      case
        when _corrects = '' then '"_id" is empty; a record that is new belongs into a file of its own'
        when _entry._id is null then '"_id" "' || left(_corrects, 80) || '" is no record in quarantine of ' || ${literal(tableName)}
        when _nth > 1 then '"_id" "' || _corrects || '" stands in the run twice, with other values; its first record is taken'
        when _entry._is_refused_row or (${allMissing} and _entry._raw is not null) then _entry._reason
      end as _malformed,
      case when _nth = 1 and (_entry._is_refused_row or ${allMissing}) then _entry._raw end as _raw,
      case when _nth = 1 and _entry._id is not null then _entry._file_id else _given._file_id end as _file_id,
      case when _nth = 1 and _entry._id is not null then _entry._line else _given._line end as _line,
      case when _nth = 1 and _entry._id is not null then _entry._file else _upload._file end as _file,
      case when _nth = 1 and _entry._status = 'waiting' then _entry._waiting_since end as _waited_since,
      case when _nth = 1 then _entry._waiting_since end as _waiting_since,
      _given._file_id as _by_file_id,
      'corrected in ' || _upload._file as _why,
      case when _nth = 1 then _entry._run_id end as _entry_run_id,
      case when _nth = 1 then _entry._before end as _before
    from (
      select
        ${join(undefusedColumns, ', ')}, _extra, _file_id, _line, _corrects,
        row_number() over _same_id as _nth,
        ${together(names)} is not distinct from first_value(${together(names)}) over _same_id as _is_same
      from ${readParquet([batch])} join (select * from ${RUN_FILES}) using (_file_id)
      where _corrects is not null
      window _same_id as (partition by _corrects order by _file_no, _line)
    ) as _given
    join (select * from ${RUN_FILES}) as _upload using (_file_id)
    left join (
      select
        *, case when _id is not null then ${entryValues(table)} end as _before,
        list_contains(_rules, 'malformed') and _file_id in (select file_id from ${uploads}) as _is_refused_row
      from ${entries}
    ) as _entry on _entry._id = _given._corrects
    left join (select *, true as _is_repeated from ${REPEATED}) as _repeated
      on _repeated._file_id = _given._file_id and _repeated._line = _given._line
    where case
      when _nth = 1 and _entry._id is not null then _entry._status in ('open', 'waiting')
      when _repeated._is_repeated then false
      when _entry._id is not null then _entry._status in ('open', 'waiting') and not _is_same
      when _corrects = '' then not (${allMissing} and ${isExtraMissing()})
      else _nth = 1 or not _is_same
    end`
}

/** A column that a correction's header does not have keeps the value of the entry. */
function correctedValue(name: string, corrections: readonly Pick<RawFile, 'fileId' | 'dialect'>[]): Sql {
  const column = ident(name)
  const lacking = corrections.filter(({ dialect }) => !dialect.columns.includes(name)).map(({ fileId }) => fileId)
  if (lacking.length === 0) return sql`_given.${column}`
  const isLacking = sql`list_contains(${literal(lacking)}::varchar[], _given._file_id)`
  return sql`case when ${isLacking} then _entry.${column} else _given.${column} end as ${column}`
}

function isExtraMissing(): Sql {
  return sql`coalesce(len(list_filter(json_keys(_given._extra), lambda _key: ${extraText(sql`_key`)} is not null)), 0) = 0`
}

/** The text of a key of `_extra`. */
function extraText(key: Sql): Sql {
  return sql`json_extract_string(_given._extra, '/' || replace(replace(${key}, '~', '~0'), '/', '~1'))`
}

/**
 * What the record's own file had beside the columns of the table: `_extra` without what the CSV says of the entry, and without
 * empty columns that a spreadsheet has added.
 */
function ownExtra(): Sql {
  const text = extraText(sql`_key`)
  const entries = sql`list_filter(
    list_transform(
      list_filter(json_keys(_given._extra), lambda _key: not list_contains(${literal(ENTRY_COLUMNS)}, _key)),
      lambda _key: {key: ${undefused(sql`_key`)}, value: ${undefused(text)}}),
    lambda _pair: _pair.value is not null or coalesce(list_contains(json_keys(_entry._extra), _pair.key), false))`
  return sql`case
    when len(list_filter(${entries}, lambda _pair: _pair.value is not null)) > 0
    then to_json(map_from_entries(${entries}))::varchar
  end`
}
