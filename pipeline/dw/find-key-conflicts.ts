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
    with in_table as (
      select checked._position, files.name || ':' || present._line as _holder
      from ${CHECKED} as checked
      join ${table} as present on ${sameKey('checked', 'present', key)}
      left join ${files} as files on files.file_id = present._file_id and files.outcome = 'loaded'
    ),
    repeated as (
      select ${names}, arg_min({file_id: _file_id, line: _line}, _position) filter (where not _broken) as first, min(_position) filter (where not _broken) as first_position
      from ${CHECKED}
      where ${join(
        key.map((column) => sql`${column} is not null`),
        ' and ',
      )}
      group by ${names}
      having count(*) > 1 and first_position is not null
    ),
    in_run as (
      select checked._position, files._file || ':' || repeated.first.line as _holder
      from ${CHECKED} as checked
      join repeated on ${sameKey('checked', 'repeated', key)}
      join ${RUN_FILES} as files on files._file_id = repeated.first.file_id
      where checked._position > repeated.first_position
    )
    select * from in_table
    union all
    select * from in_run where _position not in (select _position from in_table)`)
}

function sameKey(left: string, right: string, key: readonly Sql[]): Sql {
  return join(
    key.map((column) => sql`${ident(left)}.${column} = ${ident(right)}.${column}`),
    ' and ',
  )
}
