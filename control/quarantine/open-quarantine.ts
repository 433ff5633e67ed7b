import { join as joinPath } from 'node:path'
import type { Project } from '../../core/config/load-config.ts'
import { join, literal, type Sql, sql } from '../../core/sql.ts'
import type { Layout } from '../layout.ts'
import type { DataFile } from '../ledger.ts'
import { selectQuarantine } from '../relations.ts'
import { type Versions, withVersions } from '../versions/open-versions.ts'
import { liveFilesAt } from '../versions/show-version.ts'
import { selectLeftOut, selectNamed } from './left-out.ts'

/** Which records of the quarantine are meant; what is null narrows nothing. */
export interface EntryFilter {
  readonly rule: string | null
  /** Name of the upload that they came with. */
  readonly file: string | null
  /** Ids of entries. */
  readonly ids: readonly string[] | null
  /** Only those that a CSV of the inbox has come back without. */
  readonly isLeftOut: boolean
}

/** The quarantine of a lake, open for reading. */
export interface Quarantine {
  readonly versions: Versions
  /** A query of a table's quarantine, one row per record, with its `_status`. @param filter all when it is not given */
  readonly entriesOf: (tableName: string, filter?: EntryFilter) => Sql
}

/**
 * Open the quarantine of the newest version for reading, do something with it, and close it. It waits for no run and no run
 * waits for it.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND, LAKE_BUSY, LAKE_DAMAGED
 */
export async function withQuarantine<Result>(
  project: Project,
  work: (quarantine: Quarantine) => Promise<Result>,
): Promise<Result> {
  return withVersions(project, async (versions) => {
    const dataFiles = await liveFilesAt(versions, versions.newest)
    const entriesOf: Quarantine['entriesOf'] = (tableName, filter) =>
      selectEntries(project, versions.layout, dataFiles, tableName, filter)
    return work({ versions, entriesOf })
  })
}

/** The quarantine of a table over these data files, of the lake whose catalog is attached. */
export function selectEntries(
  project: Project,
  layout: Layout,
  dataFiles: readonly DataFile[],
  tableName: string,
  filter?: EntryFilter,
): Sql {
  const pathsOf = (layer: DataFile['layer']) =>
    dataFiles
      .filter((file) => file.layer === layer && file.tableName === tableName)
      .map((file) => joinPath(layout.lake, file.path))
  const columns = Object.keys(project.config.tables[tableName]?.columns ?? {})
  const entries = selectQuarantine(columns, pathsOf('rejects'), pathsOf('outcomes'))
  if (filter === undefined) return entries
  const leftOut = () => selectLeftOut(pathsOf('rejects'), selectNamed(pathsOf('ods')))
  return sql`select * from (${entries}) where ${matches(filter, leftOut)}`
}

/** A condition on rows of the quarantine. */
function matches({ rule, file, ids, isLeftOut }: EntryFilter, leftOut: () => Sql): Sql {
  return join(
    [
      sql`true`,
      ...(rule === null ? [] : [sql`list_contains(_rules, ${literal(rule)})`]),
      ...(file === null ? [] : [sql`_file = ${literal(file)}`]),
      ...(ids === null ? [] : [sql`list_contains(${literal(ids)}::varchar[], _id)`]),
      ...(isLeftOut ? [sql`_status = 'open' and _id in (${leftOut()})`] : []),
    ],
    ' and ',
  )
}
