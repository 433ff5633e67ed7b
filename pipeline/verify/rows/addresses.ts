import { join as joinPath } from 'node:path'
import { selectRaw } from '../../../control/relations.ts'
import { without } from '../../../control/table-rows.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, literal, raw, readParquet, type Sql, sql } from '../../../core/sql.ts'
import type { LakeRows, LakeTable } from './lake-tables.ts'

/**
 * Addresses of a table's records, for the uploads in which ODS differs from table and quarantine: `_no` (of the upload), `_line`,
 * `_in_ods`, `_in_table`, `_in_quarantine` (how often each), and `_is_own`: the record is no correction of another.
 */
export const ADDRESSES = ident('temp', 'record_addresses')

/** Uploads that differ: `_no`, `_file_id`, `_name`, and `_absent`: how many records became no row, by the ledger. */
export const DIFFERING = ident('temp', 'differing_uploads')

/** A query of `_file_id` and `_line` in one layer of the lake. */
type Addresses = Sql

/**
 * Compare what ODS has of each upload with what the table and the quarantine have: first by count and a sum of hashes, which needs
 * no memory, then address by address for the uploads that differ. They are in `DIFFERING` and `ADDRESSES`.
 *
 * @returns how many uploads differ
 */
export async function findDiffering(rows: LakeRows, table: LakeTable): Promise<number> {
  const { engine } = rows
  await createUploads(engine, table)
  const pathsOf = (layer: 'ods' | 'rejects') => livePaths(rows, table.tableName, layer)
  const inTable = without(select(table.files.rows), table.files.replaced)
  await engine.run(sql`
    create or replace temp table quarantined_addresses as select distinct _file_id, _line from (${select(pathsOf('rejects'))})`)
  const inQuarantine = sql`select _file_id, _line from temp.quarantined_addresses`
  await createRepeated(engine, table.tableName)
  const ods = sql`
    select _file_id, _line, _corrects
    from (${selectRaw(table.table, pathsOf('ods'))}) anti join temp.repeated_addresses using (_file_id, _line)`
  // The quarantine is small: it is what is kept in memory.
  await engine.run(sql`
    create or replace temp table released_addresses as select distinct _file_id, _line from (${inTable}) semi join (${inQuarantine}) using (_file_id, _line)`)
  const onlyQuarantined = sql`${inQuarantine} anti join temp.released_addresses using (_file_id, _line)`
  await engine.run(sql`
    create or replace temp table differing_uploads as
    with
    _ods as (
      select
        _file_id, count(*) filter (where _corrects is null) as _count, sum(hash(_line)) filter (where _corrects is null) as _sum,
        count(_corrects) as _corrections
      from (${ods})
      group by _file_id
    ),
    _held as (
      select _file_id, count(*) as _count, sum(hash(_line)) as _sum
      from (${inTable} union all ${onlyQuarantined})
      group by _file_id
    ),
    _compared as (
      select
        _file_id, _name, _is_judged, coalesce(_ods._count, 0) <> coalesce(_held._count, 0) or coalesce(_ods._sum, 0) <> coalesce(_held._sum, 0) as _differs,
        -- A correction's records that changed nothing are counted for it, and are at the place of others.
        case when coalesce(_corrections, 0) > 0 then 0 else coalesce(_unchanged, 0) end + coalesce(_gone, 0) as _absent
      from _ods full join _held using (_file_id)
      left join temp.known_uploads using (_file_id)
    )
    select row_number() over (order by _name, _file_id) as _no, _file_id, _name, _absent
    from _compared
    where coalesce(_is_judged, true) and (_differs or _absent <> 0)`)
  const { found } = await engine.row<{ found: number }>(sql`select count(*) as found from ${DIFFERING}`)
  if (found > 0) await createAddresses(engine, ods, inTable, inQuarantine)
  return found
}

/**
 * `repeated_addresses`: records of a correction CSV whose bytes were dropped before. They are in quarantine once, at the place of
 * the earlier upload.
 */
async function createRepeated(engine: Engine, tableName: string): Promise<void> {
  const corrections = sql`(
    select file_id, sha256
    from lake.control.files
    where table_name = ${literal(tableName)} and json_extract(dialect, '$.isCorrection') = true)`
  await engine.run(sql`
    create or replace temp table repeated_addresses as
    select distinct _later.file_id as _file_id, _entries._line
    from ${corrections} as _later
    join ${corrections} as _earlier on _earlier.sha256 = _later.sha256 and _earlier.file_id <> _later.file_id
    join temp.quarantined_addresses as _entries on _entries._file_id = _earlier.file_id
    anti join temp.quarantined_addresses as _own on _own._file_id = _later.file_id and _own._line = _entries._line`)
}

async function createAddresses(
  engine: Engine,
  ods: Addresses,
  inTable: Addresses,
  inQuarantine: Addresses,
): Promise<void> {
  const numbered = (addresses: Sql, columns: Sql) =>
    sql`select _no, _line, ${columns} from (${addresses}) join ${DIFFERING} using (_file_id)`
  await engine.run(sql`
    create or replace temp table record_addresses as
    select
      _no, _line, sum(_o)::bigint as _in_ods, sum(_t)::bigint as _in_table, sum(_q)::bigint as _in_quarantine, bool_or(_own) as _is_own
    from (
      ${numbered(ods, sql`1 as _o, 0 as _t, 0 as _q, _corrects is null as _own`)}
      union all ${numbered(inTable, sql`0, 1, 0, false`)}
      union all ${numbered(inQuarantine, sql`0, 0, 1, false`)}
    )
    group by _no, _line`)
}

/**
 * `known_uploads`: what the ledger says of the uploads of a table: `_file_id`, `_name`, `_is_judged` (the table has not been
 * restored since), how many of its records were found `_unchanged`, and how many of its rows are `_gone` since.
 */
async function createUploads(engine: Engine, { tableName, restoredIn }: LakeTable): Promise<void> {
  const counts = sql`semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)`
  const ofTable = sql`table_name = ${literal(tableName)} and run_id > ${raw(String(restoredIn))}`
  const replaced = sql`select file_id, rows as records from lake.control.replaced_rows ${counts} where ${ofTable}`
  await engine.run(sql`
    create or replace temp table known_uploads as
    with
    _loaded as (
      select
        file_id, arg_max(name, run_id) as name, max(run_id) filter (where outcome = 'loaded') > ${raw(String(restoredIn))} as is_judged
      from lake.control.files ${counts}
      where table_name = ${literal(tableName)} and outcome in ('loaded', 'restored')
      group by file_id
    ),
    _unchanged as (
      select file_id, sum(unchanged)::bigint as unchanged from lake.control.files ${counts}
      where ${ofTable} and outcome = 'loaded'
      group by file_id
    ),
    _gone as (
      select file_id, sum(records)::bigint as gone
      from (select file_id, unchanged as records from lake.control.returns ${counts} where ${ofTable} union all ${replaced})
      group by file_id
    )
    select file_id as _file_id, name as _name, coalesce(is_judged, false) as _is_judged, unchanged as _unchanged, gone as _gone
    from _loaded left join _unchanged using (file_id) left join _gone using (file_id)`)
}

function select(paths: readonly string[]): Addresses {
  return paths.length === 0
    ? sql`select ''::varchar as _file_id, 0::bigint as _line where false`
    : sql`select _file_id, _line from ${readParquet(paths)}`
}

/** A query of the addresses of records that were released from quarantine. */
export function releasedAddresses(rows: LakeRows, tableName: string): Addresses {
  const [rejects, outcomes] = [livePaths(rows, tableName, 'rejects'), livePaths(rows, tableName, 'outcomes')]
  if (rejects.length === 0 || outcomes.length === 0) return select([])
  return sql`
    select distinct _file_id, _line
    from ${readParquet(rejects)}
    semi join (select _id, _run_id from ${readParquet(outcomes)} where _status = 'released') using (_id, _run_id)`
}

function livePaths(
  { dataFiles, layout }: LakeRows,
  tableName: string,
  layer: 'ods' | 'rejects' | 'outcomes',
): string[] {
  return dataFiles
    .filter((file) => file.layer === layer && file.tableName === tableName)
    .map((file) => joinPath(layout.lake, file.path))
}
