import { adoptDataFile, writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { removePath } from '../../core/durable-files.ts'
import { readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { KEY_CONFLICTS } from './find-key-conflicts.ts'
import { ORPHANS } from './find-orphans.ts'
import type { TableInput } from './table-input.ts'

const UNWANTED = sql`(select _file_id, _line from ${KEY_CONFLICTS} union all select _file_id, _line from ${ORPHANS})`

/** Make data files of the table of what was accepted, without the records that refer to nothing or whose key is taken. */
export async function writeRows(
  lake: Lake,
  run: Run,
  input: TableInput,
  accepted: readonly Accepted[],
): Promise<DataFile[]> {
  const written: DataFile[] = []
  for (const { part, path } of accepted) {
    const file = {
      layer: 'dw' as const,
      tableName: input.tableName,
      ...(part.lines === null && !part.isReturned ? {} : { part: part.name }),
    }
    const rows = readParquet([path])
    const dataFile = (await hasUnwanted(lake, rows))
      ? await writeDataFile(lake, run, file, sql`select * from ${rows} anti join ${UNWANTED} using (_file_id, _line)`)
      : await adoptDataFile(lake, run, file, path)
    if (dataFile !== null) written.push(dataFile)
    await removePath(path)
  }
  return written
}

async function hasUnwanted(lake: Lake, rows: Sql): Promise<boolean> {
  const { found } = await lake.engine.row<{ found: number }>(sql`
    select count(*) as found from (select 1 from ${rows} semi join ${UNWANTED} using (_file_id, _line) limit 1)`)
  return found > 0
}
