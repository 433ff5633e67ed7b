import { removePath } from '../core/durable-files.ts'
import { lineagePath } from './backup-files.ts'
import type { FoundBackup } from './inventory.ts'

/**
 * The backups beyond the newest few of each table, oldest last. One that cannot be read counts as one; it may be all there is.
 *
 * @param backups as `listBackups` gives them: the newest of each table first
 */
export function planPrune(backups: readonly FoundBackup[], keep: number): string[] {
  const counts = new Map<string, number>()
  const surplus: string[] = []
  for (const backup of backups) {
    const table = backup.status === 'readable' ? backup.entry.tableName : backup.tableName
    const count = (counts.get(table) ?? 0) + 1
    counts.set(table, count)
    if (count > keep) surplus.push(backup.path)
  }
  return surplus
}

/** Take backups away, each with its lineage; the backup goes first, so that none is left without it. */
export async function removeBackups(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await removePath(path)
    await removePath(lineagePath(path))
  }
}
