import type { Lake } from '../../control/lake.ts'
import { literal, type Sql, sql } from '../../core/sql.ts'

/** Write a query's rows as CSV with a header, at a path that nobody reads yet. */
export async function copyToCsv(lake: Lake, path: string, query: Sql): Promise<void> {
  await lake.engine.run(sql`copy (${query}) to ${literal(path)} (format csv, header true)`)
}
