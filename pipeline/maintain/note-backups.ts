import type { Lake } from '../../control/lake.ts'
import type { BackupEntry } from '../../control/ledger.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import type { Project } from '../../core/config/load-config.ts'
import { sql } from '../../core/sql.ts'
import { maintain, settle } from './maintain.ts'

/**
 * Make control.backups say what lies in a folder: new backups are noted, those that are no more are marked. So a command that was
 * killed before it noted its backups is finished by the next one. The lake's version stays.
 *
 * @param folder absolute
 * @param found all backups in it
 * @param command for the ledger: `backup employees`
 * @returns the run that noted it; null when the ledger says all of it already
 */
export async function noteBackups(
  project: Project,
  folder: string,
  found: readonly BackupEntry[],
  command: string,
  options: OpenOptions,
): Promise<number | null> {
  return withLake(project, options, async (lake) => {
    const noted = await readNoted(lake, folder)
    const keys = new Set(found.map(keyOf))
    const gone = noted.filter((backup) => !keys.has(keyOf(backup)))
    const known = new Set(noted.map(keyOf))
    const fresh = found.filter((backup) => !known.has(keyOf(backup)))
    if (gone.length + fresh.length === 0) return null
    const leftover = await settle(lake)
    const { runId } = await maintain(lake, leftover, command, async (run) => ({
      entries: {
        backups: fresh.map((backup) => ({ ...backup, runId: run.runId })),
        goneBackups: gone.map(({ path }) => path),
      },
    }))
    return runId
  })
}

type Noted = Pick<BackupEntry, 'path' | 'madeAt'>

function keyOf({ path, madeAt }: Noted): string {
  return `${madeAt.toISOString()} ${path}`
}

async function readNoted({ engine }: Lake, folder: string): Promise<Noted[]> {
  const rows = await engine.rows<{ path: string; made_at: Date }>(sql`
    select path, made_at from lake.control.backups where not is_gone and starts_with(path, ${`${folder}/`})`)
  return rows.map((row) => ({ path: row.path, madeAt: row.made_at }))
}
