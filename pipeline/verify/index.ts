import { type Check, type VerifyReport, verifyLake } from '../../control/verify/index.ts'
import type { Project } from '../../core/config/load-config.ts'
import { checkHistory } from './check-history.ts'
import { checkMartRows } from './check-mart-rows.ts'
import { checkOrigins } from './check-origins.ts'
import { checkRules } from './check-rules.ts'
import { checkTypes } from './check-types.ts'

/** What is proved from the data alone, table by table; then the marts over them. */
const CHECKS: readonly Check[] = [
  { name: 'types', isDeep: true, perform: checkTypes },
  { name: 'rules', isDeep: true, perform: checkRules },
  { name: 'history', isDeep: true, perform: checkHistory },
  { name: 'origins', isDeep: true, perform: checkOrigins },
  { name: 'marts', isDeep: true, perform: checkMartRows },
]

/**
 * Look whether a lake is whole: everything that `verifyLake` checks, and with `deep` what tables promise, and the marts, computed again.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND; LAKE_DAMAGED when no catalog at all can be read
 */
export async function verify(project: Project, options: { readonly deep: boolean }): Promise<VerifyReport> {
  return verifyLake(project, { ...options, moreChecks: CHECKS })
}
