import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { selectQuarantine } from '../../control/relations.ts'
import { compareNames } from '../../core/compare-names.ts'
import { withSuffix } from '../../core/file-names.ts'
import { literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { FileDialect } from '../ods/index.ts'

/** Data files that hold entries of one upload's records. Paths are relative to the lake folder. */
export interface EntryFiles {
  readonly rejects: readonly string[]
  readonly outcomes: readonly string[]
}

/** The CSV of the open records of one upload: as it is before a change of the lake, and as it has to be after it. */
export interface InboxCsv {
  readonly tableName: string
  readonly fileId: string
  readonly csvName: string
  /** Of the upload, those that the table has, in the upload's order; and keys of `_extra`. */
  readonly columns: readonly string[]
  readonly extra: readonly string[]
  readonly before: EntryFiles
  readonly after: EntryFiles
  /** Records that are open after the change. */
  readonly open: number
}

/** An upload with records in quarantine, as the ledger knows it. */
interface Source {
  readonly fileId: string
  readonly name: string
  readonly runId: number
  /** JSON of a `FileDialect`. */
  readonly dialect: string | null
}

/**
 * Which CSVs of the inbox a change of the lake makes, alters or ends: those of uploads whose entries it touches.
 *
 * @param before data files of the lake before the change, and `after` it; those in both hold nothing that changes
 * @param newFiles uploads that the ledger does not know yet
 */
export async function planInbox(
  lake: Lake,
  before: readonly DataFile[],
  after: readonly DataFile[],
  newFiles: readonly Source[] = [],
): Promise<InboxCsv[]> {
  const isEntryFile = (file: DataFile) => file.layer === 'rejects' || file.layer === 'outcomes'
  const [old, next] = [before.filter(isEntryFile), after.filter(isEntryFile)]
  const changed = [...difference(old, next), ...difference(next, old)]
  const planned: InboxCsv[] = []
  for (const tableName of [...new Set(changed.map((file) => file.tableName))].sort()) {
    const ofTable = (files: readonly DataFile[]) => files.filter((file) => file.tableName === tableName)
    planned.push(...(await planTable(lake, tableName, ofTable(changed), ofTable(old), ofTable(next), newFiles)))
  }
  return planned
}

async function planTable(
  lake: Lake,
  tableName: string,
  changed: readonly DataFile[],
  before: readonly DataFile[],
  after: readonly DataFile[],
  newFiles: readonly Source[],
): Promise<InboxCsv[]> {
  const found = await locate(lake, changed)
  const fileIds = new Set(found.map(({ fileId }) => fileId))
  const places = [...found, ...(await locate(lake, difference(union(before, after), changed), fileIds))]
  const filesOf = (fileId: string, files: readonly DataFile[]): EntryFiles => {
    const own = files.filter((file) => places.some((place) => place.fileId === fileId && place.path === file.path))
    const paths = (layer: string) => own.filter((file) => file.layer === layer).map((file) => file.path)
    return { rejects: paths('rejects'), outcomes: paths('outcomes') }
  }
  const sources = await readSources(lake, [...fileIds], newFiles)
  const open = await countOpen(lake, after, fileIds)
  return sources.map(({ fileId, name, runId, dialect }) => ({
    tableName,
    fileId,
    csvName: inboxCsvName(name, runId),
    ...columnsIn(dialect),
    before: filesOf(fileId, before),
    after: filesOf(fileId, after),
    open: open.get(fileId) ?? 0,
  }))
}

/** `employees.csv` of run 7: `employees.csv.7.csv`, so that no two uploads of any run share a name. */
export function inboxCsvName(uploadName: string, runId: number): string {
  return withSuffix(uploadName, `.${runId}.csv`)
}

/** The records of an upload, or of several, as the quarantine has them. @param files of the rejects and outcomes layers */
export function selectEntries(lake: Lake, columns: readonly string[], { rejects, outcomes }: EntryFiles): Sql {
  const absolute = (paths: readonly string[]) => paths.map((path) => joinPath(lake.layout.lake, path))
  return selectQuarantine(columns, absolute(rejects), absolute(outcomes))
}

/** Which uploads have entries in which data files. @param fileIds only these; all when not given */
async function locate(
  lake: Lake,
  files: readonly DataFile[],
  fileIds?: ReadonlySet<string>,
): Promise<{ fileId: string; path: string }[]> {
  const located: { fileId: string; path: string }[] = []
  for (const [layer, fileId] of [
    ['rejects', sql`_file_id`],
    ['outcomes', sql`split_part(_id, ':', 1)`],
  ] as const) {
    const paths = files.filter((file) => file.layer === layer).map((file) => file.path)
    if (paths.length === 0) continue
    const byPath = new Map(paths.map((path) => [joinPath(lake.layout.lake, path), path]))
    const wanted =
      fileIds === undefined ? sql`true` : sql`list_contains(${literal([...fileIds])}::varchar[], ${fileId})`
    const rows = await lake.engine.rows<{ file_id: string; _data_file: string }>(sql`
      select distinct ${fileId} as file_id, _data_file
      from ${readParquet([...byPath.keys()], "filename = '_data_file'")}
      where ${wanted}
      order by all`)
    for (const row of rows) located.push({ fileId: row.file_id, path: byPath.get(row._data_file) ?? '' })
  }
  return located
}

async function countOpen(
  lake: Lake,
  after: readonly DataFile[],
  fileIds: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const paths = (layer: string) => after.filter((file) => file.layer === layer).map((file) => file.path)
  const entries = selectEntries(lake, [], { rejects: paths('rejects'), outcomes: paths('outcomes') })
  const rows = await lake.engine.rows<{ _file_id: string; open: number }>(sql`
    select _file_id, count(*) as open
    from (${entries})
    where _status = 'open' and list_contains(${literal([...fileIds])}::varchar[], _file_id)
    group by _file_id`)
  return new Map(rows.map((row) => [row._file_id, row.open]))
}

/** In the order of runs and names. */
async function readSources(lake: Lake, fileIds: readonly string[], newFiles: readonly Source[]): Promise<Source[]> {
  const known = await lake.engine.rows<{ file_id: string; name: string; run_id: number; dialect: string | null }>(sql`
          select file_id, name, run_id, dialect
          from lake.control.files
          where (outcome = 'loaded' or (outcome = 'restored' and quarantined > 0)) and list_contains(${literal(fileIds)}::varchar[], file_id)
          qualify row_number() over (partition by file_id order by run_id desc) = 1`)
  const wanted = new Set(fileIds)
  const sources = [
    ...known.map((row) => ({ fileId: row.file_id, name: row.name, runId: row.run_id, dialect: row.dialect })),
    ...newFiles.filter((file) => wanted.has(file.fileId)),
  ]
  const newest = new Map(sources.map((source) => [source.fileId, source]))
  return [...newest.values()].sort((a, b) => a.runId - b.runId || compareNames(a.name, b.name))
}

/** A correction's own entries have no columns of ours beside what droplake says of them anew. */
function columnsIn(dialect: string | null): Pick<InboxCsv, 'columns' | 'extra'> {
  const { columns, extra } = JSON.parse(dialect ?? '{"columns": [], "extra": []}') as Pick<
    FileDialect,
    'columns' | 'extra'
  >
  return {
    columns: columns.filter((column) => !extra.includes(column)),
    extra: extra.filter((name) => !name.startsWith('_')),
  }
}

function difference(some: readonly DataFile[], others: readonly DataFile[]): DataFile[] {
  const paths = new Set(others.map((file) => file.path))
  return some.filter((file) => !paths.has(file.path))
}

function union(some: readonly DataFile[], others: readonly DataFile[]): DataFile[] {
  return [...some, ...difference(others, some)]
}
