import type { Project } from '../../core/config/load-config.ts'
import type { MartQuery } from '../app/index.ts'
import { checkReport } from './check-report.ts'
import { reportInvalid } from './report-invalid.ts'

/**
 * Hold the `report` of every mart against the columns that its SQL gives, before any work.
 *
 * @throws {DroplakeError} REPORT_INVALID, one line per fault
 */
export function checkReports(project: Project, queries: readonly MartQuery[]): void {
  const columnsOf = (martName: string) => queries.find((mart) => mart.martName === martName)?.columns ?? null
  const faults = Object.entries(project.config.marts).flatMap(([martName, { report }]) => {
    const own = report === undefined ? null : columnsOf(martName)
    if (report === undefined || own === null) return []
    const comparison = report.comparison === undefined ? null : columnsOf(report.comparison.mart)
    return checkReport(martName, report, own, comparison)
  })
  if (faults.length > 0) throw reportInvalid(faults)
}
