import type { CheckResult, Finding, Verification } from '../../control/verify/index.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import { keyNames } from '../dw/index.ts'
import { lakeRowsOf } from './lake-rows.ts'
import { type LakeTable, readLakeTables, rowsOf } from './rows/lake-tables.ts'
import { perTable } from './rows/per-table.ts'
import { uploadNames } from './rows/repeated-keys.ts'
import { keyText } from './rows/violations.ts'

/** Keys named in a finding. */
const MAX_EXAMPLES = 5

/**
 * In a table that keeps history, each key has a current row, its versions do not overlap, and each ends after it began. That a
 * key has no more than one current row is part of the check of rules.
 */
export async function checkHistory(verification: Verification): Promise<CheckResult> {
  const rows = lakeRowsOf(verification)
  const tables = await readLakeTables(rows)
  const kept = tables.filter(({ table, files }) => table.onConflict === 'history' && files.closed.length > 0)
  return perTable(rows, kept, async (table) => ({ findings: await findFaults(verification, table) }))
}

async function findFaults({ engine, version }: Verification, lakeTable: LakeTable): Promise<Finding[]> {
  const found = await engine.rows<{ fault: string; keys: number; examples: string[] }>(sql`
    with
    _uploads as (${uploadNames()}),
    _faults as (${faultsOf(lakeTable)})
    select _fault as fault, count(*) as keys, min(_key || coalesce(' (' || coalesce(_upload, _file_id) || ':' || _line || ')', ''), ${literal(MAX_EXAMPLES)}) as examples
    from _faults left join _uploads using (_file_id)
    group by _fault
    order by _fault`)
  return found.map(({ fault, keys, examples }) => ({
    check: 'history',
    file: null,
    table: lakeTable.tableName,
    versions: [{ first: version, last: version }],
    message: `dw.${lakeTable.tableName}: ${keys} ${keys === 1 ? 'row' : 'rows'}: ${fault}: ${examples.join('; ')}${keys > examples.length ? '; …' : ''}`,
    remedy: null,
  }))
}

/** `_fault`, `_key`, `_file_id`, `_line`. Only keys with a closed row are looked at: a row that is alone and current is in order. */
function faultsOf(lakeTable: LakeTable): Sql {
  const { table, files } = lakeTable
  const key = keyNames(table.primaryKey)
  const closed = sql`(select _file_id, _line, _valid_to from ${readParquet(files.closed)})`
  return sql`
    with
    _closed as (select _file_id, _line, min(_valid_to) as _valid_to, count(*) as _times from ${closed} group by _file_id, _line),
    _keys as (select distinct ${key} from (${rowsOf(lakeTable)}) semi join _closed using (_file_id, _line)),
    _versions as (
      select ${key}, _file_id, _line, _valid_from, _valid_to, _times, lead(_valid_from) over _of_key as _next_from,
        count(*) filter (where _valid_to is null) over (partition by ${key}) as _current, row_number() over _of_key as _number
      from (select * from (${rowsOf(lakeTable)}) semi join _keys using (${key})) left join _closed using (_file_id, _line)
      window _of_key as (partition by ${key} order by _valid_from, _valid_to nulls last)
    ),
    _judged as (
      select *, ${keyText(table.primaryKey)} as _key,
        case
          when _times > 1 then 'it is closed twice'
          when _valid_to <= _valid_from then 'it ends before it began'
          when _next_from < _valid_to then 'its validity overlaps that of the next version'
          when _current = 0 and _number = 1 then 'no version of its key is current'
        end as _fault
      from _versions
    )
    select _fault, _key, _file_id, _line from _judged where _fault is not null`
}
