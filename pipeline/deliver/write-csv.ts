import { dirname, join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import { besidePath, ensureFolder, publishFile, syncFile } from '../../core/durable-files.ts'
import { readParquet, type Sql, sql } from '../../core/sql.ts'
import { copyToCsv } from './copy-to-csv.ts'
import type { DeliveryPlan } from './plan.ts'

/** Where a mart's report lies. */
export function reportPath(layout: Layout, martName: string): string {
  return joinPath(layout.reports, `${martName}.csv`)
}

/** A mart as CSV, in the order of its rows. */
export async function writeReport(lake: Lake, report: DeliveryPlan['reports'][number]): Promise<void> {
  await writeCsv(lake, reportPath(lake.layout, report.martName), sql`select * from ${dataFile(lake, report.martPath)}`)
}

async function writeCsv(lake: Lake, path: string, query: Sql): Promise<void> {
  await ensureFolder(dirname(path))
  const beside = besidePath(path)
  await copyToCsv(lake, beside, query)
  await syncFile(beside)
  await publishFile(beside, path)
}

function dataFile(lake: Lake, path: string): Sql {
  return readParquet([joinPath(lake.layout.lake, path)])
}
