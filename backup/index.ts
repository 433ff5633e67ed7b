import type { BackupEntry } from '../control/ledger.ts'
import { withVersions } from '../control/versions/open-versions.ts'
import type { Project } from '../core/config/load-config.ts'
import { didYouMean } from '../core/config/nearest-name.ts'
import { DroplakeError } from '../core/errors.ts'
import { type BackupOptions, writeBackup } from './write-backup.ts'

export { CODECS, type CodecName } from './avro/codecs.ts'
export { latestPath, lineagePath } from './backup-files.ts'
export { type FoundBackup, listBackups, versionOf } from './inventory.ts'
export { BackupReader } from './read-backup.ts'
export { type CheckedBackup, verifyBackup } from './verify-backup.ts'

/**
 * Back up tables as they are in the newest version, all of the same one. It takes no lock, and waits for no run.
 *
 * @param tables by name; null for all of the config
 * @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_NOT_FOUND, LAKE_DAMAGED, STORAGE_FAILED; backups that are whole stay
 */
export async function backupTables(
  project: Project,
  tables: readonly string[] | null,
  options: BackupOptions,
): Promise<BackupEntry[]> {
  const known = Object.keys(project.config.tables)
  for (const name of tables ?? []) {
    if (known.includes(name)) continue
    throw new DroplakeError(
      'TABLE_NOT_FOUND',
      `pipeline_config.json has no table "${name}".${didYouMean(name, known)}`,
      {
        hint: 'droplake backup --all',
      },
    )
  }
  return withVersions(project, async (versions) => {
    const entries: BackupEntry[] = []
    for (const name of new Set(tables ?? known)) entries.push(await writeBackup(versions, name, options))
    return entries
  })
}
