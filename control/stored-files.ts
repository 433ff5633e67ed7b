import type { Engine } from '../core/engine.ts'
import { ident, sql } from '../core/sql.ts'
import type { Layer } from './layout.ts'
import type { DataFile } from './ledger.ts'
import { hasControlTable } from './migrate.ts'

/** Versions [addedIn, removedIn) in which a data file is live; `removedIn` null: to this day. */
export interface LiveRange {
  readonly addedIn: number
  readonly removedIn: number | null
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
      any_value(bytes) as bytes, any_value(sha256) as sha256, arg_max(fingerprint, added_in) as fingerprint,
      list(added_in order by added_in) as added, list(coalesce(removed_in, -1) order by added_in) as removed
    from ${ident(catalog, 'control', 'data_files')}
    group by path
    order by min(added_in), path`)
  return rows.map((row) => {
    const [added, removed] = [row.added as readonly number[], row.removed as readonly number[]]
    const ranges = added.map((addedIn, index) => ({ addedIn, removedIn: openEnd(removed[index]) }))
    return {
      path: row.path as string,
      layer: row.layer as Layer,
      tableName: row.table_name as string,
      runId: row.run_id as number,
      rows: row.rows as number,
      bytes: row.bytes as number,
      sha256: row.sha256 as string,
      fingerprint: row.fingerprint as string | null,
      addedIn: ranges.at(-1)?.addedIn ?? 0,
      ranges,
    }
  })
}

/** -1 stands for "to this day" in a list, which has no NULL at our border. */
function openEnd(removedIn: number | undefined): number | null {
  return removedIn === undefined || removedIn === -1 ? null : removedIn
}

/** The first version that can still be read; 0, the empty lake before the first run, when nothing was vacuumed. */
export async function readOldestVersion(engine: Engine, catalog: string): Promise<number> {
  if (!(await hasControlTable(engine, catalog, 'vacuums'))) return 0
  const { oldest } = await engine.row<{ oldest: number }>(
    sql`select coalesce(max(oldest_version), 0) as oldest from ${ident(catalog, 'control', 'vacuums')}`,
  )
  return oldest
}

/** Whether a version from `oldest` on needs a data file. */
export function isNeededSince(file: StoredFile, oldest: number): boolean {
  return file.ranges.some((range) => range.removedIn === null || range.removedIn > oldest)
}

/** Whether a data file is part of a version. */
export function isLiveIn(file: StoredFile, version: number): boolean {
  return file.ranges.some(
    (range) => range.addedIn <= version && (range.removedIn === null || version < range.removedIn),
  )
}
