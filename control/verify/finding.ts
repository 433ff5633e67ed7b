import { isNeededSince, type StoredFile } from '../stored-files.ts'

/** What can be wrong with a lake; each is a file of this folder. */
export type CheckName =
  | 'catalogs'
  | 'ledger'
  | 'conservation'
  | 'data files'
  | 'unreferenced'
  | 'checksums'
  | 'views'
  | 'records'
  | 'types'
  | 'rules'
  | 'history'
  | 'origins'
  | 'marts'

/** Versions from `first` to `last`, both among them. */
export interface VersionRange {
  readonly first: number
  readonly last: number
}

/** Something that is not as it has to be. */
export interface Finding {
  readonly check: CheckName
  /** The file concerned, relative to the lake folder; null when it is about the ledger. */
  readonly file: string | null
  /** The versions concerned; empty when it is about none in particular. */
  readonly versions: readonly VersionRange[]
  /** The table concerned, where the finding is about its rows. */
  readonly table?: string
  /** What was found and what was expected. */
  readonly message: string
  /** What mends it: the next `droplake run`, `droplake repair`, or null when a person has to look. */
  readonly remedy: 'run' | 'repair' | null
}

/** What one check looked at and found. */
export interface CheckResult {
  /** What was looked at, counted: `24 data files`. */
  readonly examined: string
  readonly findings: readonly Finding[]
  /** What could not be looked at, and why; it is no finding. */
  readonly notes?: readonly string[]
}

/** The versions from `oldest` to `newest` of which a data file is part. */
export function versionsOf(file: StoredFile, oldest: number, newest: number): VersionRange[] {
  return file.ranges
    .filter((range) => isNeededSince({ ...file, ranges: [range] }, oldest))
    .map(({ addedIn, removedIn }) => ({
      first: Math.max(addedIn, oldest),
      last: removedIn === null ? newest : removedIn - 1,
    }))
}

/** `version 4`, `versions 2 to 7, 9`; empty for none. */
export function versionsText(ranges: readonly VersionRange[]): string {
  if (ranges.length === 0) return ''
  const parts = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`))
  const isOne = ranges.length === 1 && ranges[0]?.first === ranges[0]?.last
  return `${isOne ? 'version' : 'versions'} ${parts.join(', ')}`
}

/** `1 file`, `3 files`, `1,200 files`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
