import { join as joinPath } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { Layer } from '../../control/layout.ts'
import type { DataFile } from '../../control/ledger.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { selectAll } from '../../control/relations.ts'
import { isLiveIn, readStoredFiles, type StoredFile } from '../../control/stored-files.ts'
import { without } from '../../control/table-rows.ts'
import { type Versions, withVersions } from '../../control/versions/open-versions.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import { hashFile } from '../../core/durable-files.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { carryMarts } from './carry-marts.ts'
import { type Change, type Maintained, maintain, settle, versionsOf } from './maintain.ts'
import { countReplaced, writeUnsettled } from './replaced-rows.ts'

/** Files from here on are large enough to stay as they are. */
const SMALL_BELOW_BYTES = 64 * 1024 * 1024

/** No compaction makes a file of many more bytes than this. */
const GROUP_BYTES = 256 * 1024 * 1024

/** A larger file with more replaced rows than one in so many is written without them, too. */
const ROWS_PER_REPLACED = 10

/**
 * Layers that are compacted. ODS is not: a record's place in its file tells its line. A mart is one file already. `replaced`
 * goes with `dw`.
 */
const COMPACTED: readonly Layer[] = ['dw', 'closed', 'rejects', 'outcomes']

/** Data files of one table that become one. */
export interface CompactionGroup {
  readonly layer: Layer
  readonly table: string
  readonly files: readonly DataFile[]
  /** Of the file that they become: rows that have been replaced are not in it. */
  readonly rows: number
  /** What says which rows of the table have been replaced; none for other layers. */
  readonly replaced: readonly DataFile[]
}

/** What `compact` would do, without doing it. @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_NOT_FOUND, LAKE_DAMAGED */
export async function planCompaction(project: Project, table: string | null): Promise<CompactionGroup[]> {
  return withVersions(project, (versions) => makePlan(versions, table))
}

/**
 * Write the many small files of a table as few: the same rows in the same order, each with its lineage, without those that
 * have been replaced. It makes a new version with the same content; older versions keep the files that they have, until a
 * vacuum.
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
  const live = stored.filter((file) => isLiveIn(file, versions.newest))
  const names = [...new Set(live.filter((file) => COMPACTED.includes(file.layer)).map((file) => file.tableName))].sort()
  if (table !== null && !names.includes(table) && !Object.hasOwn(versions.project.config.tables, table))
    throw new DroplakeError(
      'TABLE_NOT_FOUND',
      `there is no table "${table}"; expected one of ${names.join(', ')}.${didYouMean(table, names)}`,
    )
  const groups: CompactionGroup[] = []
  for (const name of names.filter((one) => table === null || one === table)) {
    for (const layer of COMPACTED) groups.push(...(await planLayer(versions, live, layer, name)))
  }
  return groups
}

async function planLayer(
  { engine, layout }: Versions,
  live: readonly StoredFile[],
  layer: Layer,
  table: string,
): Promise<CompactionGroup[]> {
  const filesIn = (wanted: Layer): DataFile[] =>
    live.filter((file) => file.layer === wanted && file.tableName === table).map(({ ranges: _ranges, ...file }) => file)
  const files = filesIn(layer)
  const replaced = layer === 'dw' ? filesIn('replaced') : []
  const counts = await countReplaced(engine, layout, files, replaced)
  return groupFiles(files, counts).map((group) => ({
    layer,
    table,
    files: group,
    rows: group.reduce((sum, file) => sum + file.rows - (counts.get(file.path) ?? 0), 0),
    replaced,
  }))
}

/**
 * Neighbours that are small, in groups of at least two, and such as have replaced rows: rows keep their order.
 *
 * @param replaced how many rows of a file have been replaced
 */
function groupFiles(files: readonly DataFile[], replaced: ReadonlyMap<string, number>): DataFile[][] {
  const groups: DataFile[][] = [[]]
  let bytes = 0
  for (const file of files) {
    const isHollow = (replaced.get(file.path) ?? 0) * ROWS_PER_REPLACED > file.rows
    const isSmall = isHollow || file.bytes < SMALL_BELOW_BYTES
    if (!isSmall || bytes + file.bytes > GROUP_BYTES) {
      groups.push([])
      bytes = 0
    }
    if (!isSmall) continue
    groups.at(-1)?.push(file)
    bytes += file.bytes
  }
  return groups.filter((group) => group.length > 1 || group.some((file) => replaced.has(file.path)))
}

async function compactGroups(lake: Lake, run: Run, groups: readonly CompactionGroup[]): Promise<Change> {
  const written: DataFile[] = []
  for (const [index, group] of groups.entries()) {
    const file = await compactGroup(lake, run, group, index + 1)
    if (file !== null) written.push(file)
  }
  const settled = await settleReplaced(lake, run, groups)
  written.push(...settled.written)
  const removed = [...groups.flatMap((group) => group.files.map((file) => file.path)), ...settled.removed]
  const gone = new Set(removed)
  const marts = await carryMarts(lake, [...lake.state.dataFiles.filter((file) => !gone.has(file.path)), ...written])
  return {
    entries: { dataFiles: [...written, ...marts], removed: [...removed, ...marts.map((mart) => mart.path)] },
  }
}

/** The addresses of replaced rows that are nowhere any more go, too; what is left of them becomes one file for each table. */
async function settleReplaced(
  lake: Lake,
  run: Run,
  groups: readonly CompactionGroup[],
): Promise<{ readonly written: readonly DataFile[]; readonly removed: readonly string[] }> {
  const written: DataFile[] = []
  const removed: string[] = []
  const concerned = groups.filter((group) => group.replaced.length > 0)
  for (const table of new Set(concerned.map((group) => group.table))) {
    const ofTable = concerned.filter((group) => group.table === table)
    const replaced = ofTable[0]?.replaced ?? []
    const settled = ofTable.flatMap((group) => group.files)
    const left = await writeUnsettled(lake, run, table, replaced, settled)
    if (left !== null) written.push(left)
    removed.push(...replaced.map((file) => file.path))
  }
  return { written, removed }
}

/** @returns null when all rows of the group have been replaced */
async function compactGroup(lake: Lake, run: Run, group: CompactionGroup, number: number): Promise<DataFile | null> {
  const paths = group.files.map((file) => joinPath(lake.layout.lake, file.path))
  for (const [index, file] of group.files.entries()) await refuseDamage(file, paths[index] ?? '')
  const { layer, table } = group
  const replacedPaths = group.replaced.map((file) => joinPath(lake.layout.lake, file.path))
  for (const [index, file] of group.replaced.entries()) await refuseDamage(file, replacedPaths[index] ?? '')
  const rows = without(selectAll(paths), replacedPaths)
  const file = await writeDataFile(lake, run, { layer, tableName: table, part: `compact-${number}` }, rows)
  if (file === null && group.rows === 0) return null
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
