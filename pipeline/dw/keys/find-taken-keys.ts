import type { Engine } from '../../../core/engine.ts'
import { ident, type Sql, sql } from '../../../core/sql.ts'
import { refusedKeys } from '../find-refused.ts'
import type { TableInput } from '../table-input.ts'
import { allGiven, currentRows, keyNames } from './key-sql.ts'

/** Values of a key that both a row of the table and a record of the run have. */
export const TAKEN = ident('taken_keys')

/**
 * Find which values of a key the table has already. They alone are compared: the table may have many times the rows of the
 * run, and most of its files are passed over by their smallest and largest value.
 *
 * @param good a relation of the good records
 */
export async function findTakenKeys(
  engine: Engine,
  input: TableInput,
  columns: readonly string[],
  good: Sql,
): Promise<void> {
  const key = keyNames(columns)
  await engine.run(sql`
    create or replace temp table ${TAKEN} as
    with _new as (
      select ${key} from ${good}
      union all
      select ${key} from ${refusedKeys(input)} where ${allGiven(columns)}
    )
    select ${key} from (select ${key} from ${currentRows(input.tableName, input.table)}) semi join _new using (${key})`)
}
