import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { Layer } from '../../control/layout.ts'
import type { DataFile } from '../../control/ledger.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { selectAll } from '../../control/relations.ts'
import { isLiveIn, readStoredFiles } from '../../control/stored-files.ts'
import { type Versions, withVersions } from '../../control/versions/open-versions.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import { hashFile } from '../../core/durable-files.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { carryMarts } from './carry-marts.ts'
import { type Change, type Maintained, maintain, settle, versionsOf } from './maintain.ts'

/** Files from here on are large enough to stay as they are. */
const SMALL_BELOW_BYTES = 64 * 1024 * 1024

/** No compaction makes a file of many more bytes than this. */
const GROUP_BYTES = 256 * 1024 * 1024

/** Layers that are compacted. ODS is not: a record's place in its file tells its line. A mart is one file already. */
const COMPACTED: readonly Layer[] = ['dw', 'rejects', 'outcomes']

/** Data files of one table that become one. */
export interface CompactionGroup {
  readonly layer: Layer
  readonly table: string
  readonly files: readonly DataFile[]
  readonly rows: number
}

/** What `compact` would do, without doing it. @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_NOT_FOUND, LAKE_DAMAGED */
export async function planCompaction(project: Project, table: string | null): Promise<CompactionGroup[]> {
  return withVersions(project, (versions) => makePlan(versions, table))
}

/**
 * Write the many small files of a table as few: the same rows in the same order, each with its lineage. It makes a new
 * version with the same content; older versions keep the files that they have, until a vacuum.
 *
 * @param table of the DW layer and its quarantine; null for all
 * @returns null when no table has several small files
 * @throws {DroplakeError} LAKE_DAMAGED when a file's bytes are not as recorded: damage must not be copied into new files
 */
export async function compact(
  project: Project,
  table: string | null,
  options: OpenOptions,
): Promise<(Maintained & { readonly groups: readonly CompactionGroup[] }) | null> {
  return withLake(project, options, async (lake) => {
    const groups = await makePlan(await versionsOf(lake), table)
    if (groups.length === 0) return null
    const leftover = await settle(lake)
    const command = table === null ? 'compact' : `compact ${table}`
    const maintained = await maintain(lake, leftover, command, (run) => compactGroups(lake, run, groups))
    return { ...maintained, groups }
  })
}

async function makePlan(versions: Versions, table: string | null): Promise<CompactionGroup[]> {
  const stored = await readStoredFiles(versions.engine, 'lake')
  const live = stored.filter((file) => isLiveIn(file, versions.newest) && COMPACTED.includes(file.layer))
  const names = [...new Set(live.map((file) => file.tableName))].sort()
  if (table !== null && !names.includes(table) && !Object.hasOwn(versions.project.config.tables, table))
    throw new DroplakeError(
      'TABLE_NOT_FOUND',
      `there is no table "${table}"; expected one of ${names.join(', ')}.${didYouMean(table, names)}`,
    )
  return names
    .filter((name) => table === null || name === table)
    .flatMap((name) =>
      COMPACTED.flatMap((layer) => {
        const files = live.filter((file) => file.layer === layer && file.tableName === name)
        return groupFiles(files.map(({ ranges: _ranges, ...file }) => file)).map((group) => ({
          layer,
          table: name,
          files: group,
          rows: group.reduce((sum, file) => sum + file.rows, 0),
        }))
      }),
    )
}

/** Neighbours that are small, in groups of at least two: rows keep their order. */
function groupFiles(files: readonly DataFile[]): DataFile[][] {
  const groups: DataFile[][] = [[]]
  let bytes = 0
  for (const file of files) {
    const isSmall = file.bytes < SMALL_BELOW_BYTES
    if (!isSmall || bytes + file.bytes > GROUP_BYTES) {
      groups.push([])
      bytes = 0
    }
    if (!isSmall) continue
    groups.at(-1)?.push(file)
    bytes += file.bytes
  }
  return groups.filter((group) => group.length > 1)
}

async function compactGroups(lake: Lake, run: Run, groups: readonly CompactionGroup[]): Promise<Change> {
  const written: DataFile[] = []
  for (const [index, group] of groups.entries()) written.push(await compactGroup(lake, run, group, index + 1))
  const removed = groups.flatMap((group) => group.files.map((file) => file.path))
  const gone = new Set(removed)
  const dwFiles = [...lake.state.dataFiles.filter((file) => !gone.has(file.path)), ...written]
  const marts = await carryMarts(
    lake,
    dwFiles.filter((file) => file.layer === 'dw'),
  )
  return {
    entries: { dataFiles: [...written, ...marts], removed: [...removed, ...marts.map((mart) => mart.path)] },
  }
}

async function compactGroup(lake: Lake, run: Run, group: CompactionGroup, number: number): Promise<DataFile> {
  const paths = group.files.map((file) => joinPath(lake.layout.lake, file.path))
  for (const [index, file] of group.files.entries()) await refuseDamage(file, paths[index] ?? '')
  const { layer, table } = group
  const rows = selectAll(paths)
  const file = await writeDataFile(lake, run, { layer, tableName: table, part: `compact-${number}` }, rows)
  if (file === null) throw new DroplakeError('INTERNAL', `compacting ${layer}/${table} left no file`)
  const [before, after] = [
    await digest(lake, rows),
    await digest(lake, selectAll([joinPath(lake.layout.lake, file.path)])),
  ]
  if (before === after) return file
  throw new DroplakeError('CONSERVATION_BROKEN', `${layer}/${table}: ${before} was read, but ${after} was written`, {
    details: { table, layer },
    hint: 'Nothing was committed. This is a fault of droplake: please report it.',
  })
}

async function refuseDamage(file: DataFile, path: string): Promise<void> {
  if ((await hashFile(path)) === file.sha256) return
  throw new DroplakeError('LAKE_DAMAGED', `"${file.path}" does not have the bytes that were recorded`, {
    hint: 'Nothing was changed. See what can be made again: droplake repair --dry-run',
  })
}

/** `183 rows, 7254…`: the number of rows and a sum over all their values. */
async function digest(lake: Lake, rows: Sql): Promise<string> {
  const { found } = await lake.engine.row<{ found: string }>(
    sql`select count(*) || ' rows, ' || coalesce(sum(hash(_row)), 0) as found from (${rows}) as _row`,
  )
  return found
}
