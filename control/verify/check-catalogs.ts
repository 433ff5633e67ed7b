import { relative } from 'node:path'
import { hashFile } from '../../core/durable-files.ts'
import { newestCatalog } from '../catalog.ts'
import type { Layout } from '../layout.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import type { CatalogFile, Verification } from './verification.ts'

/** Every catalog of the history can be read, and `lake.duckdb` says what the newest one says. */
export async function checkCatalogs(verification: Verification): Promise<CheckResult> {
  const { history, published } = verification
  const found = history.flatMap((catalog) => historyFinding(verification, catalog))
  const { findings, notes } = await checkPublished(verification)
  const examined = counted(history.length + (published === null ? 0 : 1), 'catalog')
  return { examined, findings: [...movedFinding(verification), ...found, ...findings], notes }
}

function historyFinding(verification: Verification, catalog: CatalogFile): Finding[] {
  const version = catalog.namedVersion ?? 0
  const where = {
    check: 'catalogs' as const,
    file: shortName(verification, catalog),
    versions: [{ first: version, last: version }],
  }
  if (catalog.content === null) return [{ ...where, message: `it cannot be read: ${catalog.error}`, remedy: 'repair' }]
  if (catalog.content.version === version) return []
  return [
    {
      ...where,
      message: `it holds version ${catalog.content.version}; expected the version that its name says`,
      remedy: null,
    },
  ]
}

function movedFinding({ history, layout, version }: Verification): Finding[] {
  const root = history.at(-1)?.content?.root
  if (root === undefined || root === layout.lake) return []
  return [
    {
      check: 'catalogs',
      file: null,
      versions: [{ first: version, last: version }],
      message: `the lake was moved from "${root}", and its views still point there`,
      remedy: 'run',
    },
  ]
}

async function checkPublished(verification: Verification): Promise<{ findings: Finding[]; notes: string[] }> {
  const { layout, published, version, notes } = verification
  const newest = verification.history.at(-1)
  const told = (message: string, remedy: Finding['remedy']): { findings: Finding[]; notes: string[] } => ({
    findings: [
      { check: 'catalogs', file: 'lake.duckdb', versions: [{ first: version, last: version }], message, remedy },
    ],
    notes: [],
  })
  // A run at work may be between its commit and the copy that it makes for people.
  if (notes.some((note) => note.isAtWork)) return { findings: [], notes: ['lake.duckdb: a run is at work on it'] }
  const wasCutShort = notes.length > 0
  if (published === null) return told('it is not there', wasCutShort ? 'run' : 'repair')
  if (published.content === null) return told(`it cannot be read: ${published.error}`, 'repair')
  if (newest === undefined) return told('lake/history/ has no catalog to compare it with', 'repair')
  if (newest.content === null) return { findings: [], notes: [] }
  if (await isSameAsNewest(layout)) return { findings: [], notes: [] }
  if (published.content.version !== newest.content.version)
    return told(
      `it shows version ${published.content.version}; the newest is ${newest.content.version}`,
      wasCutShort ? 'run' : 'repair',
    )
  const differences = compareContents(published, newest)
  if (differences.length > 0)
    return told(
      `it differs from ${shortName(verification, newest)} in ${differences.join(', ')}`,
      wasCutShort ? 'run' : 'repair',
    )
  return { findings: [], notes: ['lake.duckdb: someone has written into it; what droplake put there is unchanged'] }
}

/** Asked of the files as they are now: a run may have committed since they were read. */
async function isSameAsNewest(layout: Layout): Promise<boolean> {
  const newest = await newestCatalog(layout)
  if (newest === null) return false
  const [ours, theirs] = await Promise.all([newest, layout.catalog].map((path) => hashFile(path).catch(() => path)))
  return ours === theirs
}

/** Names of control tables and views that a copy has not or has otherwise. What it has beyond them is its owner's. */
function compareContents(copy: CatalogFile, original: CatalogFile): string[] {
  const differing = (mine: Readonly<Record<string, string>> = {}, theirs: Readonly<Record<string, string>> = {}) =>
    Object.keys(theirs).filter((name) => mine[name] !== theirs[name])
  return [
    ...differing(copy.content?.tables, original.content?.tables).map((name) => `control.${name}`),
    ...differing(copy.content?.views, original.content?.views),
  ]
}

function shortName({ layout }: Verification, catalog: CatalogFile): string {
  return relative(layout.lake, catalog.path)
}
