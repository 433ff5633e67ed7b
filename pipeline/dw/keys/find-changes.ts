import type { Run } from '../../../control/lake.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, literal, type Sql, sql } from '../../../core/sql.ts'
import type { TableInput } from '../table-input.ts'
import { MEMBERS } from './gather-members.ts'
import { VERDICTS } from './judge-chains.ts'
import { keyNames } from './key-sql.ts'

/**
 * The rows of the table and records of the run that are versions of one row, where there are several: `_no`, `_kind`, `_file_id`, `_line`;
 * `_next_file_id`, `_next_line` of the one that takes its place (NULL for the last), `_last_file_id`, `_last_line` of that which stands in
 * the end; `_valid_from` and `_valid_to`.
 */
export const VERSIONS = ident('row_versions')

/**
 * Put the versions of each row in their order. The first of a run is valid from the run's start, each further one of the same
 * row a microsecond later, and always later than the one before it: no validity is empty, whatever the clock does.
 */
export async function findChanges(engine: Engine, run: Run, { table }: TableInput): Promise<void> {
  const start = literal(run.startedAt)
  await engine.run(sql`
    create or replace temp table ${VERSIONS} as
    with
    _held as (
      select _members.*
      from ${MEMBERS} as _members
      left join (select _no, _outcome from ${VERDICTS}) as _verdicts using (_no)
      where _kind <> 'refused' and coalesce(_outcome, 'loaded') not in ('unchanged', 'rejected')
    ),
    _versions as (
      select
        *,
        count(*) over _chain as _number,
        first_value(_kind) over _chain = 'row' as _has_row,
        first_value(_valid_from) over _chain as _row_valid_from,
        lead(_file_id) over _chain as _next_file_id, lead(_line) over _chain as _next_line,
        last_value(_file_id) over _whole as _last_file_id, last_value(_line) over _whole as _last_line
      from _held
      window
        _chain as (partition by ${keyNames(table.primaryKey)} order by _position),
        _whole as (_chain rows between unbounded preceding and unbounded following)
      qualify count(*) over (partition by ${keyNames(table.primaryKey)}) > 1
    ),
    _timed as (
      select
        * exclude (_valid_from),
        case when _kind = 'row' then _valid_from
          else greatest(${start}, _row_valid_from + to_microseconds(1)) + to_microseconds(_number - case when _has_row then 2 else 1 end)
        end as _valid_from
      from _versions
    )
    select
      _no, _kind, _file_id, _line, _next_file_id, _next_line, _last_file_id, _last_line, _valid_from,
      lead(_valid_from) over (partition by ${keyNames(table.primaryKey)} order by _position) as _valid_to
    from _timed`)
}

/** The statement that makes VERSIONS for a run in which no row has several. */
export function createEmptyVersions(): Sql {
  return sql`
    create or replace temp table ${VERSIONS} (
      _no bigint, _kind varchar, _file_id varchar, _line bigint, _next_file_id varchar, _next_line bigint,
      _last_file_id varchar, _last_line bigint, _valid_from timestamp, _valid_to timestamp
    )`
}
