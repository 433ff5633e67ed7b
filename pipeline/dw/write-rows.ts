import { adoptDataFile, writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { removePath } from '../../core/durable-files.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { ORPHANS } from './find-orphans.ts'
import { VERSIONS } from './keys/find-changes.ts'
import { UNCHANGED } from './keys/find-unchanged.ts'
import { UNWRITTEN } from './keys/settle-keys.ts'
import type { TableInput } from './table-input.ts'

const UNWANTED = sql`(
  select _file_id, _line from ${UNWRITTEN}
  union all select _file_id, _line from ${UNCHANGED}
  union all select _file_id, _line from ${ORPHANS}
)`

/** Make data files of the table of what was accepted, without the records that become no row. */
export async function writeRows(
  lake: Lake,
  run: Run,
  input: TableInput,
  accepted: readonly Accepted[],
): Promise<DataFile[]> {
  const written: DataFile[] = []
  const retimed = input.table.onConflict === 'history' ? retimedRows(run) : null
  const isPlain = !(await isAny(lake, sql`select 1 from ${UNWANTED}`)) && retimed === null
  for (const { part, path, rows: rowCount } of accepted) {
    const file = {
      layer: 'dw' as const,
      tableName: input.tableName,
      ...(part.lines === null && !part.isReturned ? {} : { part: part.name }),
    }
    const rows = readParquet([path])
    const isChanged =
      !isPlain && ((await hasAny(lake, rows, UNWANTED)) || (retimed !== null && (await hasAny(lake, rows, retimed))))
    const wanted = sql`select * from ${rows} anti join ${UNWANTED} using (_file_id, _line)`
    const dataFile = isChanged
      ? await writeDataFile(lake, run, file, retimed === null ? wanted : withTimes(wanted, retimed))
      : await adoptDataFile(lake, run, file, path, rowCount)
    if (dataFile !== null) written.push(dataFile)
    await removePath(path)
  }
  return written
}

/** Rows that are not valid from the run's start, but from a little later. */
function retimedRows(run: Run): Sql {
  return sql`(
    select _file_id, _line, _valid_from as _later
    from ${VERSIONS}
    where _kind = 'good' and _valid_from <> ${literal(run.startedAt)})`
}

function withTimes(rows: Sql, retimed: Sql): Sql {
  return sql`
    select _rows.* exclude (_later) replace (coalesce(_later, _valid_from) as _valid_from)
    from (select * from (${rows}) left join ${retimed} as _retimed using (_file_id, _line)) as _rows`
}

function hasAny(lake: Lake, rows: Sql, addresses: Sql): Promise<boolean> {
  return isAny(lake, sql`select 1 from ${rows} semi join ${addresses} using (_file_id, _line)`)
}

async function isAny(lake: Lake, query: Sql): Promise<boolean> {
  const { found } = await lake.engine.row<{ found: number }>(sql`select count(*) as found from (${query} limit 1)`)
  return found > 0
}
