import type { Project } from '../../core/config/load-config.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, sql } from '../../core/sql.ts'
import type { MartQuery } from '../app/index.ts'
import { checkReport } from './check-report.ts'
import { describeColumns, type MartColumn } from './read-table.ts'
import { reportInvalid } from './report-invalid.ts'

/**
 * Hold the `report` of every mart against the columns that its SQL gives, before any work. The engine must have what the
 * SQL reads.
 *
 * @throws {DroplakeError} REPORT_INVALID, one line per fault
 */
export async function checkReports(engine: Engine, project: Project, queries: readonly MartQuery[]): Promise<void> {
  const columns = new Map<string, readonly MartColumn[]>()
  const columnsOf = async (martName: string): Promise<readonly MartColumn[] | null> => {
    const query = queries.find((mart) => mart.martName === martName)
    if (query === undefined) return null
    const known = columns.get(martName) ?? (await describeMart(engine, query))
    columns.set(martName, known)
    return known
  }
  const faults: string[] = []
  for (const [martName, { report }] of Object.entries(project.config.marts)) {
    const own = report === undefined ? null : await columnsOf(martName)
    if (report === undefined || own === null) continue
    const comparison = report.comparison === undefined ? null : await columnsOf(report.comparison.mart)
    faults.push(...checkReport(martName, report, own, comparison))
  }
  if (faults.length > 0) throw reportInvalid(faults)
}

/** Its columns, without computing a row: types of parameters are known only when they have values. */
async function describeMart(engine: Engine, query: MartQuery): Promise<MartColumn[]> {
  const table = ident('temp', 'mart_columns')
  await engine.runNamed(
    `create or replace temp table mart_columns as select * from (\n${query.text}\n) with no data`,
    query.parameters,
  )
  const columns = await describeColumns(engine, sql`from ${table}`)
  await engine.run(sql`drop table ${table}`)
  return columns
}
