import { livePaths } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import { selectQuarantine, selectRaw } from '../../control/relations.ts'
import { selectCurrent, tableFilesOf } from '../../control/table-rows.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { undefused } from '../../core/defuse.ts'
import { ident, join, literal, type Sql, sql } from '../../core/sql.ts'

/**
 * A relation of the records that the rows of a table were made of, as ODS has records, each at the place where it came first. Of a
 * row that was in quarantine it is what the person had made of it, or the record as it stood there.
 */
export function recordsOfRows({ state, layout }: Lake, tableName: string, table: TableConfig): Sql {
  const pathsOf = (layer: 'ods' | 'rejects' | 'outcomes') => livePaths(state, layout, layer, tableName)
  const names = Object.keys(table.columns)
  const columns = join(
    names.map((name) => ident(name)),
    ', ',
  )
  const ods = selectRaw(table, pathsOf('ods'))
  const rows = sql`(select _file_id, _line, _run_id from (${selectCurrent(table, tableFilesOf(state.dataFiles, layout, tableName))}))`
  if (pathsOf('outcomes').length === 0)
    return sql`(
      select ${columns}, _extra, _malformed, _raw, _file_id, _line
      from (${ods}) semi join ${rows} using (_file_id, _line)
      where _corrects is null)`
  const corrected = join(
    names.map((name) => {
      const text = undefused(sql`_given.${ident(name)}`)
      // A column that the CSV did not have has kept what it was.
      const isGiven = sql`list_contains(json_extract_string(_given.dialect, '$.columns[*]'), ${literal(name)})`
      return sql`case when coalesce(${isGiven}, false) then ${text} else _entry.${ident(name)} end as ${ident(name)}`
    }),
    ', ',
  )
  return sql`(
    with
    _rows as (select * from ${rows}),
    _entries as (
      select _entry.*
      from (${selectQuarantine(names, pathsOf('rejects'), pathsOf('outcomes'))}) as _entry
      join _rows on _rows._file_id = _entry._file_id and _rows._line = _entry._line and _rows._run_id = _entry._status_run_id
      where _entry._status = 'released'
    ),
    _given as (
      select _records.*, _files.run_id as _given_in, _files.dialect, row_number() over (partition by _corrects, _files.run_id order by _files.name, _records._line) as _nth
      from (${ods}) as _records
      join lake.control.files as _files on _files.file_id = _records._file_id and _files.outcome = 'loaded'
      where _corrects is not null
    )
    select ${columns}, _extra, _malformed, _raw, _file_id, _line
    from (${ods}) semi join _rows using (_file_id, _line) anti join _entries using (_file_id, _line)
    where _corrects is null
    union all
    select ${corrected}, _entry._extra, null::varchar, null::varchar, _entry._file_id, _entry._line
    from _entries as _entry
    left join _given on _given._corrects = _entry._id and _given._given_in = _entry._status_run_id and _given._nth = 1)`
}
