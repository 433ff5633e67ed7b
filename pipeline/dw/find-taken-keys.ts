import { ledgerTable } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import { ident, type Sql, sql } from '../../core/sql.ts'
import { refusedKeys } from './find-refused.ts'
import { keyNames } from './key-sql.ts'
import type { TableInput } from './table-input.ts'

/** Keys that both a row of the table and a record of the run have, and `_holder`, the row's record: `employees.csv:12`. */
export const TAKEN = ident('taken_keys')

/**
 * Find which keys of the run the table has already. Keys alone are compared first: the table may have many times the rows of
 * the run, and most of its files are passed over by their smallest and largest key.
 *
 * @param good a relation of the good records
 */
export async function findTakenKeys(lake: Lake, input: TableInput, good: Sql): Promise<void> {
  const { tableName, table } = input
  const present = ident('dw', tableName)
  const key = keyNames(table.primaryKey)
  const files = ledgerTable(lake.state, 'files', "'' as file_id, '' as name, '' as outcome, 0 as run_id")
  const runs = ledgerTable(lake.state, 'runs', "0 as run_id, '' as status")
  await lake.engine.run(sql`
    create or replace temp table ${TAKEN} as
    with
    _new as (select ${key} from ${good} union all select ${key} from ${refusedKeys(input)}),
    _taken as (select distinct ${key} from (select ${key} from ${present}) semi join _new using (${key})),
    -- A file that a rollback has undone may have come again under another name.
    _committed as (select run_id from ${runs} where status = 'committed'),
    _names as (select distinct file_id, name from ${files} semi join _committed using (run_id) where outcome in ('loaded', 'restored'))
    select ${key}, min(_names.name || ':' || _present._line) as _holder
    from (select ${key}, _file_id, _line from ${present}) as _present
    semi join _taken using (${key})
    left join _names on _names.file_id = _present._file_id
    group by ${key}`)
}
