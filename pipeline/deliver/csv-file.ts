import { dirname } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import { besidePath, ensureFolder, publishFile, syncFile } from '../../core/durable-files.ts'
import { literal, type Sql, sql } from '../../core/sql.ts'

/** Write a query's rows as CSV with a header under a name: beside, synced, renamed. */
export async function writeCsv(lake: Pick<Lake, 'engine'>, path: string, query: Sql): Promise<void> {
  await ensureFolder(dirname(path))
  const beside = besidePath(path)
  await copyToCsv(lake, beside, query)
  await syncFile(beside)
  await publishFile(beside, path)
}

/** Write a query's rows as CSV with a header, at a path that nobody reads yet. */
export async function copyToCsv(lake: Pick<Lake, 'engine'>, path: string, query: Sql): Promise<void> {
  await lake.engine.run(sql`copy (${query}) to ${literal(path)} (format csv, header true)`)
}
