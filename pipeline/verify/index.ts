import { type Check, type VerifyReport, verifyLake } from '../../control/verify/index.ts'
import type { Project } from '../../core/config/load-config.ts'
import { checkMartRows } from './check-mart-rows.ts'

const MART_ROWS: Check = { name: 'marts', isDeep: true, perform: checkMartRows }

/**
 * Look whether a lake is whole: everything that `verifyLake` checks, and with `deep` the marts, computed anew.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND; LAKE_DAMAGED when no catalog at all can be read
 */
export async function verify(project: Project, options: { readonly deep: boolean }): Promise<VerifyReport> {
  return verifyLake(project, { ...options, moreChecks: [MART_ROWS] })
}
