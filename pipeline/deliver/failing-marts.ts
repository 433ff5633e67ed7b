import { join } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import { listFolder, removePath, syncFolder } from '../../core/durable-files.ts'
import { readParquet, sql } from '../../core/sql.ts'
import { writeCsv } from './csv-file.ts'
import { forPeople } from './for-people.ts'
import type { DeliveryPlan } from './plan.ts'

/** Where the rows lie that the tests of a mart found in the last run. */
export function failingRowsPath(layout: Layout, martName: string): string {
  return join(layout.failingMarts, `${martName}.csv`)
}

/** The rows that the tests of one mart found, as CSV: `_test`, then the columns of all tests. Safe to repeat. */
export async function writeFailingRows(
  lake: Lake,
  { martName, rowsPaths }: NonNullable<DeliveryPlan['failingMarts']>[number],
): Promise<void> {
  await writeCsv(lake, failingRowsPath(lake.layout, martName), forPeople(sql`select * from ${readParquet(rowsPaths)}`))
}

/** Take away such CSVs of marts whose tests did not fail this time. */
export async function sweepFailingRows(layout: Layout, keep: readonly string[]): Promise<void> {
  const found = (await listFolder(layout.failingMarts)).map((name) => join(layout.failingMarts, name))
  const stale = found.filter((path) => path.endsWith('.csv') && !keep.includes(path))
  for (const path of stale) await removePath(path)
  if (stale.length > 0) await syncFolder(layout.failingMarts)
}
