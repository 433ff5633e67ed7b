import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import { removePath } from '../../core/durable-files.ts'
import { readParquet, sql } from '../../core/sql.ts'
import { writeCsv } from './csv-file.ts'
import { forPeople } from './for-people.ts'
import type { DeliveryPlan } from './plan.ts'

/** Where a mart's report lies: its page, its picture, its rows. */
export function reportPath(layout: Layout, martName: string, ending: 'html' | 'svg' | 'csv'): string {
  return joinPath(layout.reports, `${martName}.${ending}`)
}

/** A mart as CSV, in the order of its rows; a text that a spreadsheet would run is defused. */
export async function writeReport(lake: Lake, report: DeliveryPlan['reports'][number]): Promise<void> {
  const mart = readParquet([joinPath(lake.layout.lake, report.martPath)])
  await writeCsv(lake, reportPath(lake.layout, report.martName, 'csv'), forPeople(sql`select * from ${mart}`))
}

/** Take away all that people were given of a mart. */
export async function removeReport(layout: Layout, martName: string): Promise<void> {
  for (const ending of ['csv', 'html', 'svg'] as const) await removePath(reportPath(layout, martName, ending))
}
