import type { Lake } from '../../control/lake.ts'
import { ident, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { refusedKeys } from './find-refused.ts'
import { findRepeatedKeys, REPEATED } from './find-repeated-keys.ts'
import { findTakenKeys, TAKEN } from './find-taken-keys.ts'
import { keyNames, position, sameKey } from './key-sql.ts'
import { RUN_FILES, type TableInput } from './table-input.ts'

/** One row per record whose key is taken: `_file_id`, `_line`, and `_holder`, who has the key: `employees.csv:12`. */
export const KEY_CONFLICTS = ident('key_conflicts')

/**
 * Find records whose key a row of the table has, or an earlier record of the run that is good but for its key.
 * It is what one would get by loading record after record: of several with one key, the first good one is loaded.
 *
 * @param good a relation of the good records
 * @param accepted the files that they are in
 */
export async function findKeyConflicts(
  lake: Lake,
  input: TableInput,
  good: Sql,
  accepted: readonly Accepted[],
): Promise<void> {
  const { primaryKey } = input.table
  await findTakenKeys(lake, input, good)
  await findRepeatedKeys(lake.engine, input, good, readParquet(accepted.map(({ path }) => path)))
  const key = keyNames(primaryKey)
  await lake.engine.run(sql`
    create or replace temp table ${KEY_CONFLICTS} as
    with
    _keys as (select ${key} from ${TAKEN} union select ${key} from ${REPEATED}),
    _records as (
      select ${key}, _file_id, _line from ${good} semi join _keys using (${key})
      union all
      select ${key}, _file_id, _line from ${refusedKeys(input)} semi join _keys using (${key})
    ),
    _placed as (select _records.*, ${position()} as _position from _records join (select * from ${RUN_FILES}) as _files using (_file_id))
    select _placed._file_id, _placed._line, coalesce(_taken._holder, _repeated._holder) as _holder
    from _placed
    left join ${TAKEN} as _taken on ${sameKey('_placed', '_taken', primaryKey)}
    left join ${REPEATED} as _repeated
      on ${sameKey('_placed', '_repeated', primaryKey)} and _placed._position > _repeated._position
    where _taken._holder is not null or _repeated._holder is not null`)
}
