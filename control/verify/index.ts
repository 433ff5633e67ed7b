import { lstat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Project } from '../../core/config/load-config.ts'
import { messageOf } from '../../core/errors.ts'
import { newestCatalog } from '../catalog.ts'
import { layoutOf } from '../layout.ts'
import { checkCatalogs } from './check-catalogs.ts'
import { checkChecksums } from './check-checksums.ts'
import { checkConservation } from './check-conservation.ts'
import { checkDataFiles } from './check-data-files.ts'
import { checkLedger } from './check-ledger.ts'
import { checkRecords } from './check-records.ts'
import { checkUnreferenced } from './check-unreferenced.ts'
import { checkViews } from './check-views.ts'
import type { CheckName, CheckResult, Finding } from './finding.ts'
import { readNotes, type Verification, withVerification } from './verification.ts'

export { type CheckName, type CheckResult, type Finding, versionsText } from './finding.ts'
export type { Verification } from './verification.ts'

/** One thing to look at. */
export interface Check {
  readonly name: CheckName
  /** Reads data, not only the ledger: for `--deep`. */
  readonly isDeep: boolean
  readonly perform: (verification: Verification) => Promise<CheckResult>
}

export interface VerifyReport {
  readonly lake: string
  readonly version: number
  /** The first version that can be read. */
  readonly oldestVersion: number
  readonly deep: boolean
  /** Every check that was made, with what it looked at. */
  readonly checks: readonly (CheckResult & { readonly check: CheckName })[]
  /** All findings of all checks; a lake that is whole has none. */
  readonly findings: readonly Finding[]
}

const CHECKS: readonly Check[] = [
  { name: 'catalogs', isDeep: false, perform: checkCatalogs },
  { name: 'ledger', isDeep: false, perform: checkLedger },
  { name: 'conservation', isDeep: false, perform: checkConservation },
  { name: 'data files', isDeep: false, perform: checkDataFiles },
  { name: 'unreferenced', isDeep: false, perform: checkUnreferenced },
  { name: 'checksums', isDeep: true, perform: checkChecksums },
  { name: 'views', isDeep: true, perform: checkViews },
  { name: 'records', isDeep: true, perform: checkRecords },
]

/** Looks at a lake that changes meanwhile, before what was found every time is believed. */
const MOST_LOOKS = 3

/**
 * Look whether a lake is whole. Nothing is changed and nobody is kept waiting: while a run is at work, what it has not
 * finished is no finding, and what was found while the lake changed counts only when a second look finds it, too.
 *
 * @param deep read all data, too: SHA-256, rows, views, conservation by rows
 * @param moreChecks of layers above this one: marts
 * @throws {DroplakeError} LAKE_NOT_FOUND; LAKE_DAMAGED when no catalog at all can be read
 */
export async function verifyLake(
  project: Project,
  options: { readonly deep: boolean; readonly moreChecks?: readonly Check[] },
): Promise<VerifyReport> {
  const checks = [...CHECKS, ...(options.moreChecks ?? [])].filter((check) => options.deep || !check.isDeep)
  let state = await stateOf(project)
  let report = await look(project, checks, options.deep)
  for (let looks = 1; looks < MOST_LOOKS && report.findings.length > 0; looks++) {
    const now = await stateOf(project)
    if (isDeepStrictEqual(state, now)) break
    state = now
    report = onlyAgain(report, await look(project, checks, options.deep))
  }
  return report
}

async function look(project: Project, checks: readonly Check[], deep: boolean): Promise<VerifyReport> {
  return withVerification(project, async (verification) => {
    const results: (CheckResult & { check: CheckName })[] = []
    for (const { name, perform } of checks)
      results.push({
        check: name,
        ...(await perform(verification).catch((error: unknown) => brokenCheck(name, error))),
      })
    const { layout, version, oldestVersion } = verification
    const findings = results.flatMap((result) => result.findings)
    return { lake: layout.lake, version, oldestVersion, deep, checks: results, findings }
  })
}

/** A check that cannot be made is a finding, too: damage can stop it. */
function brokenCheck(check: CheckName, error: unknown): CheckResult {
  const message = `the check could not be made: ${messageOf(error).split('\n', 1)[0]}`
  return { examined: 'nothing', findings: [{ check, file: null, versions: [], message, remedy: null }] }
}

/** The newer look, with those findings that the look before it had, too. */
function onlyAgain(before: VerifyReport, now: VerifyReport): VerifyReport {
  const seen = new Set(before.findings.map(keyOf))
  const checks = now.checks.map((result) => ({
    ...result,
    findings: result.findings.filter((finding) => seen.has(keyOf(finding))),
  }))
  return { ...now, checks, findings: checks.flatMap((result) => result.findings) }
}

function keyOf(finding: Finding): string {
  return `${finding.check}\n${finding.file}\n${finding.file === null ? finding.message : ''}`
}

/** What changes whenever a run begins, notes that it has begun, commits, or ends. */
async function stateOf(project: Project): Promise<unknown> {
  const layout = layoutOf(project)
  const newest = await newestCatalog(layout)
  const marks = [newest, layout.catalog].map(async (path) => {
    if (path === null) return null
    return lstat(path).then(
      ({ ino, mtimeMs, size }) => ({ path, ino, mtimeMs, size }),
      () => null,
    )
  })
  return { marks: await Promise.all(marks), notes: await readNotes(layout) }
}
