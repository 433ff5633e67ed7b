import { dirname, join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import {
  besidePath,
  ensureFolder,
  exists,
  hashFile,
  publishFile,
  removePath,
  syncFile,
} from '../../core/durable-files.ts'
import { ident, join, literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { DeliveryPlan } from './plan.ts'

/** Where a mart's report lies: its page, its picture, its rows. */
export function reportPath(layout: Layout, martName: string, ending: 'html' | 'svg' | 'csv'): string {
  return joinPath(layout.reports, `${martName}.${ending}`)
}

/** A mart as CSV, in the order of its rows. */
export async function writeReport(lake: Lake, report: DeliveryPlan['reports'][number]): Promise<void> {
  await writeCsv(
    lake,
    reportPath(lake.layout, report.martName, 'csv'),
    sql`select * from ${dataFile(lake, report.martPath)}`,
  )
}

/** Take away all that people were given of a mart. */
export async function removeReport(layout: Layout, martName: string): Promise<void> {
  for (const ending of ['csv', 'html', 'svg'] as const) await removePath(reportPath(layout, martName, ending))
}

/**
 * The refused records of one upload as CSV: `quarantine/<table>/<upload>.<run>.csv`. The raw columns as they came, in
 * the upload's order, after what droplake says of each record; `_raw` comes last where a record could not be split.
 */
export async function writeInboxCsv(lake: Lake, entry: DeliveryPlan['inbox'][number]): Promise<void> {
  await writeCsv(lake, inboxPath(lake, entry), await inboxQuery(lake, entry))
}

/**
 * Take such a CSV away again, after a rollback. One that a person has changed holds work of theirs: it stays, and the log
 * tells. Safe to repeat.
 */
export async function removeInboxCsv(lake: Lake, entry: DeliveryPlan['inbox'][number]): Promise<void> {
  const path = inboxPath(lake, entry)
  if (!(await exists(path))) return
  const asWritten = besidePath(path)
  await copyCsv(lake, asWritten, await inboxQuery(lake, entry))
  const isUntouched = (await hashFile(asWritten)) === (await hashFile(path))
  await removePath(asWritten)
  if (isUntouched) await removePath(path)
  else lake.log.warn({ file: path }, 'changed quarantine CSV of an undone run left in place')
}

function inboxPath(lake: Lake, entry: DeliveryPlan['inbox'][number]): string {
  return joinPath(lake.layout.quarantine, entry.tableName, entry.csvName)
}

async function inboxQuery(lake: Lake, entry: DeliveryPlan['inbox'][number]): Promise<Sql> {
  const rejects = sql`(select * from ${dataFile(lake, entry.rejectsPath)} where _file_id = ${literal(entry.fileId)})`
  const { malformed } = await lake.engine.row<{ malformed: number }>(
    sql`select count(_raw) as malformed from ${rejects}`,
  )
  const columns = [
    ...entry.columns.map((column) => ident(column)),
    ...(entry.extra ?? []).map(
      (name) => sql`json_extract_string(_extra, ${literal(jsonPointer(name))}) as ${ident(name)}`,
    ),
    ...(malformed > 0 ? [ident('_raw')] : []),
  ]
  return sql`select _id, _line, array_to_string(_rules, '; ') as _rules, _reason, ${join(columns, ', ')} from ${rejects} order by _line`
}

/** Write the rows of a query as CSV under a name: beside, synced, renamed. */
export async function writeCsv(lake: Pick<Lake, 'engine'>, path: string, query: Sql): Promise<void> {
  await ensureFolder(dirname(path))
  const beside = besidePath(path)
  await copyCsv(lake, beside, query)
  await syncFile(beside)
  await publishFile(beside, path)
}

async function copyCsv(lake: Pick<Lake, 'engine'>, path: string, query: Sql): Promise<void> {
  await lake.engine.run(sql`copy (${query}) to ${literal(path)} (format csv, header true)`)
}

/** RFC 6901: the place of a key in an object. */
function jsonPointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function dataFile(lake: Lake, path: string): Sql {
  return readParquet([joinPath(lake.layout.lake, path)])
}
