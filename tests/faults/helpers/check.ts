import { existsSync } from 'node:fs'
import { verify } from '../../../pipeline/verify/index.ts'
import type { FaultLake } from './fault-lake.ts'
import type { Reader, View } from './reader.ts'

/** A lake that nothing disturbs, before a run and after it. */
export interface Undisturbed {
  /** Null for a lake that has no version yet. */
  readonly before: View | null
  readonly after: View
  readonly foldersAfter: Readonly<Record<string, string | null>>
}

interface Checked {
  readonly lake: FaultLake
  readonly reader: Reader
  readonly undisturbed: Undisturbed
}

/** Run once, undisturbed, from the lake's saved state. */
export async function runUndisturbed(lake: FaultLake, reader: Reader): Promise<Undisturbed> {
  lake.restore()
  const before = existsSync(lake.path('lake', 'lake.duckdb'))
    ? await lookAt(reader, lake.path('lake', 'lake.duckdb'))
    : null
  await lake.run()
  const after = await lookAt(reader, lake.path('lake', 'lake.duckdb'))
  const undisturbed = { before, after, foldersAfter: folders(lake) }
  const faults = await checkWhole({ lake, reader, undisturbed })
  if (faults.length > 0) throw new Error(`the undisturbed run itself is not right: ${faults.join('; ')}`)
  return undisturbed
}

/**
 * V1: a reader sees the version before or the version after, whole, tables and marts of one version.
 *
 * @returns a sentence per violation
 */
export async function checkReader({ lake, reader, undisturbed }: Checked): Promise<string[]> {
  const violations: string[] = []
  const paths = [lake.path('lake', 'lake.duckdb'), lake.newestCatalog()]
  for (const path of paths) {
    if (path === undefined || !existsSync(path)) {
      if (undisturbed.before !== null) violations.push(`V1: a reader finds no catalog at "${path}"`)
      continue
    }
    const view = await reader.look(path)
    if ('error' in view) violations.push(`V1: a reader of "${path}" met an error: ${view.error}`)
    else if (![undisturbed.before, undisturbed.after].some((known) => known !== null && isSameData(view, known)))
      violations.push(`V1: a reader of "${path}" sees neither the lake before nor after: ${JSON.stringify(view)}`)
  }
  return violations
}

/** Whether the newest committed version is still the one from before the run. */
export async function isBefore({ lake, reader, undisturbed }: Checked): Promise<boolean> {
  const newest = lake.newestCatalog()
  if (newest === undefined || undisturbed.before === null) return newest === undefined && undisturbed.before === null
  return isSameData(await lookAt(reader, newest), undisturbed.before)
}

/** Run again, now without a fault, and check all. */
export async function checkAfterRerun(checked: Checked): Promise<string[]> {
  try {
    const { problems } = await checked.lake.run()
    return [...problems.map((text) => `V2: left undone: ${text}`), ...(await checkWhole(checked))]
  } catch (error) {
    return [`V2: running again failed: ${String(error)}`]
  }
}

/**
 * After a run that succeeded: V2 (the lake is the one that an undisturbed run makes, for readers and in the folders for
 * people); and V3 conservation, V4 bytes, rows and SHA-256, V5 nothing left over, V6 an honest ledger, by `droplake verify`.
 *
 * @returns a sentence per violation
 */
export async function checkWhole({ lake, reader, undisturbed }: Checked): Promise<string[]> {
  const view = await reader.look(lake.path('lake', 'lake.duckdb'))
  if ('error' in view) return [`V2: the catalog cannot be read: ${view.error}`]
  return [
    ...differences('V2: tables', view.tables, undisturbed.after.tables),
    ...differences('V2: version', view.version, undisturbed.after.version),
    ...differences('V2: files in the ledger', view.files, undisturbed.after.files),
    ...differences('V2: folders', folders(lake), undisturbed.foldersAfter),
    ...(await findings(lake)),
  ]
}

/** Same data: what a run adds to the ledger may differ, the lake's content not. */
export function isSameData(view: View, other: View): boolean {
  return (
    JSON.stringify([view.version, view.tables, view.ownTables]) ===
    JSON.stringify([other.version, other.tables, other.ownTables])
  )
}

export async function lookAt(reader: Reader, path: string): Promise<View> {
  const view = await reader.look(path)
  if ('error' in view) throw new Error(`"${path}" cannot be read: ${view.error}`)
  return view
}

/** What people find in the folders: path and digest, run numbers in names and texts taken out. */
function folders(lake: FaultLake): Record<string, string | null> {
  const found: Record<string, string | null> = {}
  for (const folder of ['workingArea/uploads', 'workingArea/processed', 'quarantine', 'reports']) {
    for (const name of lake.files(folder)) {
      const hasRuns = /\.(reason\.txt|html)$/.test(name) || /^(anomalies|senders\/.*)\.csv$/.test(name)
      const digest = hasRuns ? null : lake.digest(folder, name)
      found[`${folder}/${name.replace(/\.\d+\.csv$/, '.<run>.csv')}`] = digest
    }
  }
  return found
}

/** V3 to V6 as `droplake verify --deep` sees them. */
async function findings(lake: FaultLake): Promise<string[]> {
  const report = await verify(lake.project(), { deep: true })
  return report.findings.map(({ check, file, message }) => `verify, ${check}: ${file ?? ''} ${message}`)
}

function differences(what: string, found: unknown, expected: unknown): string[] {
  if (JSON.stringify(found) === JSON.stringify(expected)) return []
  return [`${what}: found ${JSON.stringify(found)}; an undisturbed run gives ${JSON.stringify(expected)}`]
}
