import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../../../control/data-files.ts'
import type { Lake, Run } from '../../../../control/lake.ts'
import type { DataFile, ReturnEntry } from '../../../../control/ledger.ts'
import { selectAll } from '../../../../control/relations.ts'
import { DroplakeError } from '../../../../core/errors.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../../../core/sql.ts'
import { userName } from '../../../../core/user-name.ts'
import { recordsOfRows } from '../../../try-rules/records-of-rows.ts'
import { releasedAddresses } from '../../../verify/rows/addresses.ts'
import type { LakeTable } from '../../../verify/rows/lake-tables.ts'
import { uploadNames } from '../../../verify/rows/repeated-keys.ts'
import { MOVED, type Moves } from './find-moves.ts'

export interface Moved {
  readonly written: readonly DataFile[]
  /** Paths of data files that the written ones take the place of. */
  readonly removed: readonly string[]
  readonly returns: readonly ReturnEntry[]
}

/**
 * Write the rows in `MOVED` as entries of the quarantine, with the text of their records, and the data files of the table that had
 * them without them. An entry that a row was released from is superseded by the new one.
 */
export async function quarantineMoved(lake: Lake, run: Run, table: LakeTable, moves: Moves): Promise<Moved> {
  const rejects = await writeEntries(lake, run, table, moves)
  const returns = await countMoved(lake, run, table)
  const outcomes = await writeOutcomes(lake, run, table)
  const rows = await rewriteRows(lake, run, table)
  return {
    written: [...rows.written, ...rejects, ...outcomes.written],
    removed: [...rows.removed, ...outcomes.removed],
    returns,
  }
}

async function writeEntries(lake: Lake, run: Run, { tableName, table }: LakeTable, moves: Moves): Promise<DataFile[]> {
  const columns = join(
    Object.keys(table.columns).map((name) => ident(name)),
    ', ',
  )
  const file = await writeDataFile(
    lake,
    run,
    { layer: 'rejects', tableName },
    sql`
      with _uploads as (${uploadNames()})
      select
        ${columns}, _extra, _raw, _rules, _reason, _file_id || ':' || _line as _id, coalesce(_upload, _file_id) as _file,
        _file_id, _line, ${raw(String(run.runId))}::bigint as _run_id, 'open' as _status, null::timestamp as _waiting_since
      from (select * exclude (_malformed) from ${recordsOfRows(lake, tableName, table)})
      join ${MOVED} using (_file_id, _line)
      left join _uploads using (_file_id)
      order by _upload, _file_id, _line`,
  )
  if (file?.rows === moves.rows) return [file]
  throw new DroplakeError(
    'CONSERVATION_BROKEN',
    `${moves.rows} rows of ${tableName} were to be moved to quarantine, but ${file?.rows ?? 0} entries were written`,
    { hint: 'Nothing was committed. This is a fault of droplake: please report it.' },
  )
}

/** Each upload has so many rows less, and so many records in quarantine more. */
async function countMoved(lake: Lake, run: Run, { tableName }: LakeTable): Promise<ReturnEntry[]> {
  const rows = await lake.engine.rows<{ file_id: string; rows: number; first_time: number }>(sql`
    select _file_id as file_id, count(*) as rows, count(*) filter (where not _was_refused) as first_time
    from (
      select _file_id, exists (select 1 from (${releasedOf(lake, tableName)}) as _released where _released._file_id = _moved._file_id and _released._line = _moved._line) as _was_refused
      from (select * from ${MOVED}) as _moved
    )
    group by _file_id
    order by _file_id`)
  return rows.map((row) => ({
    runId: run.runId,
    tableName,
    fileId: row.file_id,
    byFileId: null,
    loaded: -row.rows,
    updated: 0,
    unchanged: 0,
    quarantined: row.first_time,
    newEntries: row.rows,
  }))
}

/** A released record is in quarantine again: its entry from before gives way to the new one. */
async function writeOutcomes(
  lake: Lake,
  run: Run,
  { tableName }: LakeTable,
): Promise<Pick<Moved, 'written' | 'removed'>> {
  const released = sql`(select _file_id || ':' || _line as _id from (${releasedOf(lake, tableName)}) semi join ${MOVED} using (_file_id, _line))`
  const files = filesOf(lake, tableName, 'outcomes')
  const { found } = await lake.engine.row<{ found: number }>(sql`select count(*) as found from ${released}`)
  if (found === 0) return { written: [], removed: [] }
  const isMoved = sql`_status = 'released' and _id in ${released}`
  const query = sql`
    select * replace (
      case when ${isMoved} then 'superseded' else _status end as _status,
      case when ${isMoved} then ${raw(String(run.runId))}::bigint else _by_run_id end as _by_run_id,
      case when ${isMoved} then ${literal(run.startedAt)} else _at end as _at,
      case when ${isMoved} then ${literal(userName())} else _by end as _by,
      case when ${isMoved} then 'repair' else _why end as _why
    )
    from ${readParquet(pathsOf(lake, files))}`
  const file = await writeDataFile(lake, run, { layer: 'outcomes', tableName }, query)
  return { written: file === null ? [] : [file], removed: files.map(({ path }) => path) }
}

async function rewriteRows(
  lake: Lake,
  run: Run,
  { tableName }: LakeTable,
): Promise<Pick<Moved, 'written' | 'removed'>> {
  const written: DataFile[] = []
  const removed: string[] = []
  for (const file of filesOf(lake, tableName, 'dw')) {
    const rows = selectAll(pathsOf(lake, [file]))
    const { found } = await lake.engine.row<{ found: number }>(
      sql`select count(*) as found from (${rows}) semi join ${MOVED} using (_file_id, _line)`,
    )
    if (found === 0) continue
    removed.push(file.path)
    const part = `repair-${removed.length}`
    const kept = sql`select * from (${rows}) anti join ${MOVED} using (_file_id, _line)`
    const next = await writeDataFile(lake, run, { layer: 'dw', tableName, part }, kept)
    if (next !== null) written.push(next)
  }
  return { written, removed }
}

function releasedOf({ engine, layout, project, state }: Lake, tableName: string): Sql {
  return releasedAddresses({ engine, layout, project, dataFiles: state.dataFiles }, tableName)
}

function filesOf({ state }: Lake, tableName: string, layer: DataFile['layer']): DataFile[] {
  return state.dataFiles.filter((file) => file.layer === layer && file.tableName === tableName)
}

function pathsOf({ layout }: Lake, files: readonly DataFile[]): string[] {
  return files.map((file) => joinPath(layout.lake, file.path))
}
