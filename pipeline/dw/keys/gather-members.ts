import type { Engine } from '../../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../../core/sql.ts'
import { refusedKeys } from '../find-refused.ts'
import { RUN_FILES, type TableInput } from '../table-input.ts'
import { CONTESTED, ENTANGLED, KEYLESS } from './find-contested-keys.ts'
import { allGiven, currentRows, keyNames, keysOf, position, sameKey, together } from './key-sql.ts'

/**
 * All rows and records with a contested key: `_no`, the columns of all keys, `_file_id`, `_line`, `_position` (rows of the table
 * come first), `_kind` (`row`, `good`, `refused`), `_content` (all columns as one value, where they have to be compared),
 * `_valid_from` (of a row), `_is_entangled`.
 */
export const MEMBERS = ident('key_members')

/** A row of the table stands before every record of the run. */
const ROW_POSITION = sql`-1::bigint`

/** Gather all who have a say in a contested key. */
export async function gatherMembers(engine: Engine, input: TableInput, good: Sql): Promise<void> {
  const { tableName, table } = input
  const names = keyNames([...new Set(keysOf(table).flat())])
  const key = keyNames(table.primaryKey)
  const content = table.onConflict === 'reject' ? sql`null` : together(Object.keys(table.columns))
  const validFrom = table.onConflict === 'history' ? sql`_valid_from` : sql`null::timestamp`
  await engine.run(sql`
    create or replace temp table ${MEMBERS} as
    with
    _rows as (
      select ${names}, _file_id, _line, ${ROW_POSITION} as _position, 'row' as _kind, ${content} as _content, ${validFrom} as _valid_from
      from ${currentRows(tableName, table)} semi join ${CONTESTED} using (${key})
    ),
    _good as (
      select ${names}, _file_id, _line, ${position()} as _position, 'good' as _kind, ${content} as _content, null::timestamp as _valid_from
      from (select * from ${good} semi join ${CONTESTED} using (${key}))
      join (select * from ${RUN_FILES}) as _files using (_file_id)
    ),
    _refused as (
      select ${names}, _file_id, _line, ${position()} as _position, 'refused' as _kind, null as _content, null::timestamp as _valid_from
      from (
        select * from ${refusedKeys(input)} semi join ${CONTESTED} using (${key})
        union all
        select * from ${refusedKeys(input)} semi join ${KEYLESS} using (_file_id, _line)
      )
      join (select * from ${RUN_FILES}) as _files using (_file_id)
    ),
    _members as (${join([sql`from _rows`, sql`from _good`, sql`from _refused`], ' union all ')})
    select row_number() over () as _no, _members.*, ${isEntangled(table.primaryKey)} as _is_entangled
    from _members`)
}

function isEntangled(primaryKey: readonly string[]): Sql {
  return sql`(not ${allGiven(primaryKey)} or exists (
    select 1 from (select * from ${ENTANGLED}) as _entangled where ${sameKey('_entangled', '_members', primaryKey)}))`
}
