import type { Engine } from '../../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../../core/sql.ts'
import type { Accepted } from '../accept-records.ts'
import { refusedKeys } from '../find-refused.ts'
import type { TableInput } from '../table-input.ts'
import { findRepeatedKeys, REPEATED } from './find-repeated-keys.ts'
import { findTakenKeys, TAKEN } from './find-taken-keys.ts'
import { findUnchanged, UNCHANGED } from './find-unchanged.ts'
import { allGiven, currentRows, keyNames, sameKey, together } from './key-sql.ts'

/** Primary keys that several have: records of the run, or a record and a row of the table. All other good records are loaded. */
export const CONTESTED = ident('contested_keys')

/**
 * Contested primary keys that share a value of `unique` with another primary key: what becomes of one record then decides
 * over records of another key.
 */
export const ENTANGLED = ident('entangled_keys')

/** Refused records without a whole primary key that have a value of `unique` that others have: `_file_id`, `_line`. */
export const KEYLESS = ident('keyless_records')

/**
 * Find the keys over which there is something to decide. They are few, as a rule: whatever costs more is done with them alone.
 *
 * @param good a relation of the good records
 * @param accepted the files of all accepted ones, in their order
 * @returns whether there is any
 */
export async function findContestedKeys(
  engine: Engine,
  input: TableInput,
  good: Sql,
  accepted: readonly Accepted[],
): Promise<boolean> {
  const { primaryKey, unique } = input.table
  const key = keyNames(primaryKey)
  const none = sql`select ${key} from ${currentRows(input.tableName, input.table)} where false`
  await engine.run(sql`
    create or replace temp table ${ENTANGLED} as ${none};
    create or replace temp table ${KEYLESS} (_file_id varchar, _line bigint)`)
  for (const columns of unique) await findEntangledKeys(engine, input, columns, good, accepted)
  await findTakenKeys(engine, input, primaryKey, good)
  await findRepeatedKeys(engine, input, primaryKey, good, accepted)
  await findUnchanged(engine, input, good, ENTANGLED)
  await engine.run(sql`
    create or replace temp table ${CONTESTED} as
    select ${key} from (select * from ${TAKEN}) anti join ${UNCHANGED} using (${key})
    union select ${key} from ${REPEATED} union select ${key} from ${ENTANGLED}`)
  const { found } = await engine.row<{ found: number }>(
    sql`select (select count(*) from ${CONTESTED}) + (select count(*) from ${KEYLESS}) as found`,
  )
  return found > 0
}

/** Values that records or rows of several primary keys have. */
const SHARED = ident('shared_values')

async function findEntangledKeys(
  engine: Engine,
  input: TableInput,
  columns: readonly string[],
  good: Sql,
  accepted: readonly Accepted[],
): Promise<void> {
  const { primaryKey } = input.table
  const value = keyNames(columns)
  const both = keyNames([...new Set([...primaryKey, ...columns])])
  await findTakenKeys(engine, input, columns, good)
  await findRepeatedKeys(engine, input, columns, good, accepted)
  const having = [currentRows(input.tableName, input.table), good, refusedKeys(input)].map(
    (relation) => sql`select ${both} from (select ${both} from ${relation}) semi join _wanted using (${value})`,
  )
  await engine.run(sql`
    create or replace temp table ${SHARED} as
    with
    _wanted as (select ${value} from ${TAKEN} union select ${value} from ${REPEATED}),
    _having as (${join(having, ' union all ')}),
    _shared as (select ${value} from _having group by ${value} having count(distinct ${together(primaryKey)}) > 1)
    select distinct ${both} from _having semi join _shared using (${value})`)
  await engine.run(sql`
    insert into ${ENTANGLED} select distinct ${keyNames(primaryKey)} from ${SHARED} where ${allGiven(primaryKey)}`)
  await engine.run(sql`
    insert into ${KEYLESS}
    select _file_id, _line from ${refusedKeys(input)} as _refused
    where not ${allGiven(primaryKey)}
      and exists (select 1 from (select * from ${SHARED}) as _shared where ${sameKey('_refused', '_shared', columns)})`)
}
