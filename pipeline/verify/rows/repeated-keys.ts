import { selectCurrent } from '../../../control/table-rows.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, literal, sql } from '../../../core/sql.ts'
import { allGiven, keyNames, keysOf } from '../../dw/index.ts'
import type { LakeTable } from './lake-tables.ts'
import { addViolations, keyText } from './violations.ts'

/** With more candidates than this, counting all keys is cheaper than joining them. */
const MAX_CANDIDATES = 100_000

const CANDIDATES = ident('temp', 'candidate_keys')

/** Find the current rows whose primary key, or values of a list of `unique`, a row before them has. */
export async function findRepeatedKeys(engine: Engine, lakeTable: LakeTable): Promise<void> {
  for (const key of keysOf(lakeTable.table)) await findRepeated(engine, lakeTable, key)
}

async function findRepeated(engine: Engine, lakeTable: LakeTable, key: readonly string[]): Promise<void> {
  const { tableName, table, files } = lakeTable
  const rows = selectCurrent(table, files)
  const names = keyNames(key)
  if (!(await findCandidates(engine, lakeTable, key))) return
  // The first row is the one that came first: by run, by the name of its upload, by line.
  await addViolations(
    engine,
    lakeTable,
    sql`
      with
      _uploads as (${uploadNames()}),
      _ranked as (
        select
          *, row_number() over _of_key as _place,
          first_value(coalesce(_upload, _file_id) || ':' || _line) over _of_key as _first
        from (select * from (${rows}) semi join ${CANDIDATES} using (${names})) left join _uploads using (_file_id)
        window _of_key as (partition by ${names} order by _run_id, _upload, _file_id, _line)
      )
      select
        *, ${literal(`unique:${key.join(',')}`)} as _rule,
        ${keyText(key)} || ${literal(` is in ${tableName} already (`)} || _first || ')' as _reason
      from _ranked
      where _place > 1`,
  )
}

/**
 * Fill `CANDIDATES` with the keys that are repeated, and perhaps others.
 *
 * Whoever comes second, in whatever order rows are read, is not greater than the greatest before. In a table that is nearly sorted by
 * its key such rows are few, and nothing has to be kept in memory to find them.
 */
async function findCandidates(engine: Engine, { table, files }: LakeTable, key: readonly string[]): Promise<boolean> {
  const rows = selectCurrent(table, files)
  const names = keyNames(key)
  const create = sql`create or replace temp table candidate_keys as`
  const count = () => engine.row<{ found: number }>(sql`select count(*) as found from ${CANDIDATES}`)
  if (key.length === 1) {
    await engine.run(sql`
      ${create}
      select distinct ${names}
      from (
        select ${names}, lag(_greatest) over () as _greatest_before
        from (select ${names}, max(${names}) over (rows unbounded preceding) as _greatest from (${rows}))
      )
      where ${names} <= _greatest_before
      limit ${literal(MAX_CANDIDATES + 1)}`)
    const { found } = await count()
    if (found <= MAX_CANDIDATES) return found > 0
  }
  await engine.run(sql`
    ${create} select ${names} from (${rows}) where ${allGiven(key)} group by ${names} having count(*) > 1`)
  return (await count()).found > 0
}

/** A query of `_file_id` and `_upload`, the name that the upload came under last. */
export function uploadNames() {
  return sql`select file_id as _file_id, arg_max(name, run_id) as _upload from lake.control.files group by file_id`
}
