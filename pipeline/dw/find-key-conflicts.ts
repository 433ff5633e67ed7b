import { ledgerTable } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import { CHECKED, RUN_FILES, type TableInput } from './check-records.ts'

/** One row per record whose key is taken: `_position`, and `_holder`, who has it: `employees.csv:12`. */
export const KEY_CONFLICTS = ident('key_conflicts')

/**
 * Find records whose key a row of the table has, or an earlier record of the run that is good but for its key.
 * It is what one would get by loading record after record: of several with one key, the first good one is loaded.
 */
export async function findKeyConflicts(lake: Lake, input: TableInput): Promise<void> {
  const key = input.table.primaryKey.map((column) => ident(column))
  const names = join(key, ', ')
  const files = ledgerTable(lake.state, 'files', "'' as file_id, '' as name, '' as outcome")
  const table = ident('dw', input.tableName)
  await lake.engine.run(sql`
    create or replace temp table ${KEY_CONFLICTS} as
    with _in_table as (
      select _checked._position, min(_files.name || ':' || _present._line) as _holder
      from ${CHECKED} as _checked
      join ${table} as _present on ${sameKey('_checked', '_present', key)}
      left join ${files} as _files on _files.file_id = _present._file_id and _files.outcome = 'loaded'
      group by _checked._position
    ),
    _repeated as (
      select
        ${names},
        arg_min({file_id: _file_id, line: _line}, _position) filter (where not _broken) as _first,
        min(_position) filter (where not _broken) as _first_position
      from ${CHECKED}
      where ${join(
        key.map((column) => sql`${column} is not null`),
        ' and ',
      )}
      group by ${names}
      having count(*) > 1 and _first_position is not null
    ),
    _in_run as (
      select _checked._position, _files._file || ':' || _repeated._first.line as _holder
      from ${CHECKED} as _checked
      join _repeated on ${sameKey('_checked', '_repeated', key)}
      join ${RUN_FILES} as _files on _files._file_id = _repeated._first.file_id
      where _checked._position > _repeated._first_position
    )
    select * from _in_table
    union all
    select * from _in_run where _position not in (select _position from _in_table)`)
}

function sameKey(left: string, right: string, key: readonly Sql[]): Sql {
  return join(
    key.map((column) => sql`${ident(left)}.${column} = ${ident(right)}.${column}`),
    ' and ',
  )
}
