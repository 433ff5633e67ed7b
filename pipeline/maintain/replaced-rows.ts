import { join } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { Engine } from '../../core/engine.ts'
import { readParquet, type Sql, sql } from '../../core/sql.ts'

/** How many rows of a data file have been replaced, by its path; one without any is not there. */
export async function countReplaced(
  engine: Engine,
  layout: Layout,
  files: readonly DataFile[],
  replaced: readonly DataFile[],
): Promise<ReadonlyMap<string, number>> {
  if (replaced.length === 0) return new Map()
  const counts = new Map<string, number>()
  for (const file of files) {
    const { rows } = await engine.row<{ rows: number }>(sql`
      select count(*) as rows
      from (select _file_id, _line from ${readParquet([join(layout.lake, file.path)])})
      semi join ${addressesIn(layout, replaced)} using (_file_id, _line)`)
    if (rows > 0) counts.set(file.path, rows)
  }
  return counts
}

/**
 * Write one file of the addresses in `replaced` files that the rows of a compaction do not settle.
 *
 * @param settled data files of the table that go, and come again without their replaced rows
 * @returns null when none is left
 */
export async function writeUnsettled(
  lake: Lake,
  run: Run,
  tableName: string,
  replaced: readonly DataFile[],
  settled: readonly DataFile[],
): Promise<DataFile | null> {
  const entries = readParquet(replaced.map((file) => join(lake.layout.lake, file.path)))
  const left =
    settled.length === 0
      ? sql`select * from ${entries}`
      : sql`select * from ${entries} anti join ${addressesIn(lake.layout, settled)} using (_file_id, _line)`
  return writeDataFile(lake, run, { layer: 'replaced', tableName, part: 'compact' }, left)
}

function addressesIn(layout: Layout, files: readonly DataFile[]): Sql {
  return sql`(select _file_id, _line from ${readParquet(files.map((file) => join(layout.lake, file.path)))})`
}
