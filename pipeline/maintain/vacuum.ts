import { basename } from 'node:path'
import { listCatalogs } from '../../control/catalog.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { isNeededSince, readStoredFiles, type StoredFile } from '../../control/stored-files.ts'
import { type Versions, withVersions } from '../../control/versions/open-versions.ts'
import type { Project } from '../../core/config/load-config.ts'
import { DroplakeError } from '../../core/errors.ts'
import { sql } from '../../core/sql.ts'
import { type Maintained, maintain, settle, versionsOf } from './maintain.ts'

/** What a vacuum keeps: the newest versions by number, or those that were the lake within the last days. */
export type Keep = { readonly versions: number } | { readonly days: number }

/** What a vacuum would take away. */
export interface VacuumPlan {
  /** The first version that stays readable. */
  readonly oldestVersion: number
  readonly newestVersion: number
  /** Data files that no version from there on needs. */
  readonly files: readonly StoredFile[]
  readonly bytes: number
  /** Catalogs of versions before it, relative to the lake folder. */
  readonly catalogs: readonly string[]
}

/** `30d` or a number of versions, as on the command line. @throws {DroplakeError} USAGE */
export function parseKeep(text: string): Keep {
  const found = /^([1-9]\d{0,8})(d?)$/.exec(text)
  if (found === null)
    throw new DroplakeError(
      'USAGE',
      `--keep "${text}" is no time to keep; expected days such as 30d, or a number of versions`,
      {
        hint: 'droplake vacuum --keep 30d --dry-run',
      },
    )
  return found[2] === 'd' ? { days: Number(found[1]) } : { versions: Number(found[1]) }
}

/** What `vacuum` would do, without doing it. @throws {DroplakeError} LAKE_NOT_FOUND, LAKE_DAMAGED */
export async function planVacuum(project: Project, keep: Keep, now: Date): Promise<VacuumPlan> {
  return withVersions(project, (versions) => makePlan(versions, keep, now))
}

/**
 * Take away the data files that no kept version needs. The ledger notes first, in a commit, that versions before the kept
 * ones can no longer be read; only then the files go, and a vacuum that is killed is finished by the next run. Readers of
 * kept versions notice nothing.
 *
 * @returns null when there is nothing to take away
 * @throws {DroplakeError} LAKE_BUSY, LAKE_DAMAGED, LAKE_NOT_FOUND
 */
export async function vacuum(
  project: Project,
  keep: Keep,
  options: OpenOptions,
): Promise<(Maintained & { readonly plan: VacuumPlan }) | null> {
  return withLake(project, options, async (lake) => {
    const versions = await versionsOf(lake)
    const leftover = await settle(lake)
    const plan = await makePlan(versions, keep, lake.clock())
    if (plan.files.length === 0) return null
    const { oldestVersion, files, bytes, catalogs } = plan
    const command = `vacuum --keep ${'days' in keep ? `${keep.days}d` : keep.versions}`
    const maintained = await maintain(lake, leftover, command, async () => ({
      entries: {},
      vacuum: { oldestVersion, files: files.length, bytes },
      delivery: { deletions: [...files.map((file) => file.path), ...catalogs] },
    }))
    return { ...maintained, plan }
  })
}

async function makePlan(versions: Versions, keep: Keep, now: Date): Promise<VacuumPlan> {
  const { engine, layout, newest, oldest } = versions
  const oldestVersion = Math.max(oldest, await oldestKept(versions, keep, now))
  const stored = (await readStoredFiles(engine, 'lake')).filter((file) => isNeededSince(file, oldest))
  const files = stored.filter((file) => !isNeededSince(file, oldestVersion))
  const catalogs = (await listCatalogs(layout)).map((path) => basename(path))
  return {
    oldestVersion,
    newestVersion: newest,
    files,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    catalogs: catalogs.filter((name) => Number.parseInt(name, 10) < oldestVersion).map((name) => `history/${name}`),
  }
}

/** A version was the lake until the next one was made; the newest always stays. */
async function oldestKept({ engine, newest }: Versions, keep: Keep, now: Date): Promise<number> {
  if ('versions' in keep) return Math.max(0, newest - keep.versions + 1)
  const since = new Date(now.getTime() - keep.days * 24 * 60 * 60 * 1000)
  const { kept } = await engine.row<{ kept: number | null }>(sql`
    select min(version) - 1 as kept
    from (select version, min(ended_at) as made_at from lake.control.runs where status in ('committed', 'rolled_back') group by version)
    where made_at >= ${since.toISOString()}::timestamp and version > 0`)
  return kept ?? newest
}
