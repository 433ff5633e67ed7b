import type { Engine } from '../core/engine.ts'
import { ident, sql } from '../core/sql.ts'
import { type DataFile, dataFileOf } from './ledger.ts'

/** Versions [addedIn, removedIn) in which a data file is live; `removedIn` null: to this day. */
export interface LiveRange {
  readonly addedIn: number
  readonly removedIn: number | null
  /** Of a mart: what it was computed from, as it was then. */
  readonly fingerprint: string | null
}

/** A data file as the ledger knows it, live or not. A rollback can give a file several ranges. */
export interface StoredFile extends DataFile {
  readonly ranges: readonly LiveRange[]
}

/** Every data file that the ledger of an attached catalog knows, in the order they were added. */
export async function readStoredFiles(engine: Engine, catalog: string): Promise<StoredFile[]> {
  const rows = await engine.rows(sql`
    select
      path, any_value(layer) as layer, any_value(table_name) as table_name, min(run_id) as run_id, any_value(rows) as rows,
      any_value(bytes) as bytes, any_value(sha256) as sha256, 
      list(added_in order by added_in) as added, list(coalesce(removed_in, -1) order by added_in) as removed,
      list(fingerprint order by added_in) as fingerprints
    from ${ident(catalog, 'control', 'data_files')}
    group by path
    order by min(added_in), path`)
  return rows.map((row) => {
    const [added, removed] = [row.added as readonly number[], row.removed as readonly number[]]
    const fingerprints = row.fingerprints as readonly (string | null)[]
    const ranges = added.map((addedIn, index) => ({
      addedIn,
      removedIn: openEnd(removed[index]),
      fingerprint: fingerprints[index] ?? null,
    }))
    const newest = { fingerprint: ranges.at(-1)?.fingerprint ?? null, added_in: ranges.at(-1)?.addedIn ?? 0 }
    return { ...dataFileOf({ ...row, ...newest }), ranges }
  })
}

/** -1 stands for "to this day" in a list, which has no NULL at our border. */
function openEnd(removedIn: number | undefined): number | null {
  return removedIn === undefined || removedIn === -1 ? null : removedIn
}

/** The first version that can still be read; 0, the empty lake before the first run, when nothing was vacuumed. */
export async function readOldestVersion(engine: Engine, catalog: string): Promise<number> {
  const { oldest } = await engine.row<{ oldest: number }>(
    sql`select coalesce(max(oldest_version), 0) as oldest from ${ident(catalog, 'control', 'vacuums')}`,
  )
  return oldest
}

/** Whether a version from `oldest` on needs a data file. */
export function isNeededSince(file: StoredFile, oldest: number): boolean {
  return file.ranges.some((range) => range.removedIn === null || range.removedIn > oldest)
}

/** A data file as it was in a version, to be live again from another one on. */
export function asNewRange(file: StoredFile, version: number, addedIn: number): DataFile {
  const { ranges, ...dataFile } = file
  const range = ranges.find((candidate) => covers(candidate, version))
  return { ...dataFile, fingerprint: range?.fingerprint ?? dataFile.fingerprint, addedIn }
}

/** Whether a data file is part of a version. */
export function isLiveIn(file: StoredFile, version: number): boolean {
  return file.ranges.some((range) => covers(range, version))
}

function covers({ addedIn, removedIn }: LiveRange, version: number): boolean {
  return addedIn <= version && (removedIn === null || version < removedIn)
}
