import type { Engine } from '../../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../../core/sql.ts'
import type { TableInput } from '../table-input.ts'
import { REPEATED } from './find-repeated-keys.ts'
import { currentRows, keyNames } from './key-sql.ts'

/** Good records that are the row of their key, and alone with it in the run: its columns, `_file_id` and `_line`. */
export const UNCHANGED = ident('unchanged_records')

/**
 * Find the records over which there is nothing to decide, because the table has them already. In a file that is the whole table
 * once more they are nearly all, so that they are found by one join and never gathered.
 *
 * @param entangled keys that are judged together with others
 */
export async function findUnchanged(engine: Engine, input: TableInput, good: Sql, entangled: Sql): Promise<void> {
  const { tableName, table } = input
  const key = keyNames(table.primaryKey)
  const others = Object.keys(table.columns).filter((column) => !table.primaryKey.includes(column))
  const isSame = join(
    [
      sql`true`,
      ...others.map((column) => sql`${ident('_good', column)} is not distinct from ${ident('_rows', column)}`),
    ],
    ' and ',
  )
  const none = sql`select ${key}, _file_id, _line from ${currentRows(tableName, table)} where false`
  await engine.run(sql`create or replace temp table ${UNCHANGED} as ${none}`)
  if (table.onConflict === 'reject') return
  await engine.run(sql`
    insert into ${UNCHANGED}
    with _shared as (select ${key} from ${REPEATED} union all select ${key} from ${entangled})
    select ${key}, _good._file_id, _good._line
    from (select * from ${good} anti join _shared using (${key})) as _good
    join ${currentRows(tableName, table)} as _rows using (${key})
    where ${isSame}`)
}
