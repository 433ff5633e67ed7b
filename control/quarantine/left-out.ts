import { type Sql, sql } from '../../core/sql.ts'
import { selectFrom } from '../relations.ts'

/**
 * The records that a CSV of the inbox has come back without: their rows were taken out of it before it was dropped, and no other CSV
 * that came in the same run names them. Only what is certain: the last CSVs of an upload count; none of them may be an export, of several
 * uploads or have records that name nothing because they could not be split; and a record must have stood in them, open when the last
 * of their own records became so. A query of `_id`; which of them are open still is for the caller to ask.
 *
 * @param rejects absolute paths
 * @param named a relation of what CSVs of the quarantine name: `_id`, NULL for a record that could not be split; `_by_file_id` (the CSV),
 *   `_by_run_id` (the run that took it), `_is_export` (by `quarantine export`: it may have had any part of the records)
 */
export function selectLeftOut(rejects: readonly string[], named: Sql): Sql {
  return sql`
    with
    _named as (select *, nullif(split_part(_id, ':', 1), '') as _file_id from ${named}),
    _unclear as (
      select _by_file_id, _by_run_id
      from _named
      group by all
      having bool_or(_is_export) or count(*) > count(_id) or count(distinct _file_id) > 1
    ),
    _last as (select _file_id, max(_by_run_id) as _by_run_id from _named where _file_id is not null group by _file_id),
    _clear as (
      from _last anti join (select _file_id, _by_run_id from _named semi join _unclear using (_by_file_id, _by_run_id)) using (_file_id, _by_run_id)
    ),
    _kept as (select distinct _file_id, _by_run_id, _id from _named semi join _clear using (_file_id, _by_run_id)),
    _entries as (
      select _id, _run_id, coalesce(_status, 'open') as _status, split_part(_id, ':', 1) as _file_id from (${selectFrom(ENTRY, rejects)})
    ),
    _opened as (
      select _file_id, _by_run_id, _id, min(_run_id) as _opened_in
      from _kept join _entries using (_file_id, _id)
      where _status = 'open' and _run_id < _by_run_id
      group by all
    ),
    _written as (select _file_id, _by_run_id, max(_opened_in) as _written_in from _opened group by all)
    select _id
    from _entries
    join _written using (_file_id)
    anti join _kept using (_id)
    where _run_id < _by_run_id
    group by _id
    having arg_max(_status, _run_id) filter (where _run_id <= _written_in) = 'open'`
}

const ENTRY = [
  { name: '_id', type: 'varchar' },
  { name: '_run_id', type: 'bigint' },
  { name: '_status', type: 'varchar' },
]

/** What the CSVs of the quarantine that a lake has taken name, for `selectLeftOut`. @param ods absolute paths */
export function selectNamed(ods: readonly string[]): Sql {
  const records = selectFrom(
    ['_corrects', '_file_id'].map((name) => ({ name, type: 'varchar' })),
    ods,
  )
  return sql`(
    select _corrects as _id, file_id as _by_file_id, run_id as _by_run_id, ${isExport(sql`dialect`)} as _is_export
    from (${records}) as _records
    join lake.control.files on file_id = _file_id
    semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
    where outcome = 'loaded' and json_extract(dialect, '$.isCorrection') = true
  )`
}

/** It says of which upload each record is. @param dialect JSON */
function isExport(dialect: Sql): Sql {
  return sql`list_contains(json_extract_string(${dialect}, '$.columns[*]'), '_file')`
}
