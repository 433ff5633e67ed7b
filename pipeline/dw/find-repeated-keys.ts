import type { Engine } from '../../core/engine.ts'
import { ident, join, raw, type Sql, sql } from '../../core/sql.ts'
import { refusedKeys } from './find-refused.ts'
import { keyNames, position } from './key-sql.ts'
import { RUN_FILES, type TableInput } from './table-input.ts'

/** Keys that several records of the run have: `_position` of the first good one, and `_holder`: `employees.csv:12`. */
export const REPEATED = ident('repeated_keys')

/** Keys that may be repeated; all that are. */
const CANDIDATES = ident('candidate_keys')

/** With more candidates than one in so many rows, counting all keys is cheaper. */
const ROWS_PER_CANDIDATE = 20

/**
 * @param good a relation of the good records
 * @param accepted a relation of all accepted ones, in the order of their files
 */
export async function findRepeatedKeys(engine: Engine, input: TableInput, good: Sql, accepted: Sql): Promise<void> {
  const { primaryKey } = input.table
  const key = keyNames(primaryKey)
  await findCandidates(engine, primaryKey, accepted)
  await engine.run(sql`
    create or replace temp table ${REPEATED} as
    with _wanted as (select ${key} from ${CANDIDATES} union select ${key} from ${refusedKeys(input)} where ${allGiven(primaryKey)})
    select ${key}, min(${position()}) as _position, arg_min(_files._file || ':' || _line, ${position()}) as _holder
    from (select ${key}, _file_id, _line from ${good} semi join _wanted using (${key})) as _records
    join (select * from ${RUN_FILES}) as _files using (_file_id)
    group by ${key}`)
}

/**
 * Whoever comes second with a key is not greater than the greatest key before. In a file that is sorted by its key, or nearly,
 * such records are few: they are found in one pass that keeps nothing in memory (0.4 s for 10 million records instead of
 * 1.3 s and 700 MB for counting each key, 2026-11).
 */
async function findCandidates(engine: Engine, primaryKey: readonly string[], accepted: Sql): Promise<void> {
  const key = keyNames(primaryKey)
  if (primaryKey.length === 1) {
    const { rows } = await engine.row<{ rows: number }>(sql`select count(*) as rows from ${accepted}`)
    const most = Math.ceil(rows / ROWS_PER_CANDIDATE)
    await engine.run(sql`
      create or replace temp table ${CANDIDATES} as
      select ${key}
      from (
        select ${key}, lag(_greatest) over () as _greatest_before
        from (select ${key}, max(${key}) over (rows unbounded preceding) as _greatest from ${accepted})
      )
      where ${key} <= _greatest_before
      limit ${raw(String(most + 1))}`)
    const { found } = await engine.row<{ found: number }>(sql`select count(*) as found from ${CANDIDATES}`)
    if (found <= most) return
  }
  await engine.run(sql`
    create or replace temp table ${CANDIDATES} as
    select ${key} from ${accepted} group by ${key} having count(*) > 1`)
}

function allGiven(key: readonly string[]): Sql {
  return join(
    key.map((column) => sql`${ident(column)} is not null`),
    ' and ',
  )
}
