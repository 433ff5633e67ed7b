import { type Sql, sql } from '../../core/sql.ts'
import { selectFrom } from '../relations.ts'

/**
 * The records that a CSV of the inbox has come back without: their rows were taken out of it before it was dropped, and no other CSV
 * that came in the same run names them. Only the last CSV of an upload counts, and only records that stood in it for certain: those that
 * were open when the last of its own records became so. A query of `_id`; which of them are open still is for the caller to ask.
 *
 * @param rejects absolute paths
 * @param named a relation of the records that CSVs of the inbox name: `_id`, `_by_file_id` (the CSV), `_by_run_id` (the run that took it)
 */
export function selectLeftOut(rejects: readonly string[], named: Sql): Sql {
  return sql`
    with
    _csvs as (
      -- A CSV of the inbox is of one upload; one that was put together from several may have left out anything.
      select _by_file_id, _by_run_id, min(split_part(_id, ':', 1)) as _file_id
      from ${named}
      group by all
      having count(distinct split_part(_id, ':', 1)) = 1
    ),
    _last as (select _file_id, max(_by_run_id) as _by_run_id from _csvs group by _file_id),
    _kept as (
      select distinct _last._file_id, _last._by_run_id, _named._id
      from ${named} as _named
      join _last on split_part(_named._id, ':', 1) = _last._file_id and _named._by_run_id = _last._by_run_id
    ),
    _entries as (
      select _id, _run_id, coalesce(_status, 'open') as _status, split_part(_id, ':', 1) as _file_id from (${selectFrom(ENTRY, rejects)})
    ),
    _opened as (
      select _kept._file_id, _by_run_id, _id, min(_run_id) as _opened_in
      from _kept join _entries using (_id)
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

/**
 * What the CSVs of the inbox that a lake has taken name, for `selectLeftOut`. What `quarantine export` writes has a column `_file`: it
 * may have had any part of the records.
 *
 * @param ods absolute paths
 */
export function selectNamed(ods: readonly string[]): Sql {
  const records = selectFrom(
    [
      { name: '_corrects', type: 'varchar' },
      { name: '_file_id', type: 'varchar' },
    ],
    ods,
  )
  return sql`(
    select _corrects as _id, file_id as _by_file_id, run_id as _by_run_id
    from (${records}) as _records
    join lake.control.files on file_id = _file_id
    semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
    where _corrects is not null and outcome = 'loaded' and not list_contains(json_extract_string(dialect, '$.extra[*]'), '_file')
  )`
}
