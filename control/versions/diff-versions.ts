import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { ident, join, readParquet, type Sql, sql } from '../../core/sql.ts'
import { columnsOf, selectFrom } from '../relations.ts'
import type { StoredFile } from '../stored-files.ts'
import { isOfTable, type TableFiles, tableFilesOf, without } from '../table-rows.ts'
import { configAt } from './config-at.ts'
import { requireVersion, type Versions, withVersions } from './open-versions.ts'
import { liveFilesAt } from './show-version.ts'

/** Values of a row by column, as text; null for a missing value. */
export type RowText = Readonly<Record<string, string | null>>

/** How a table of the DW layer differs between two versions, by its primary key. */
export interface VersionDiff {
  readonly table: string
  readonly from: number
  readonly to: number
  readonly primaryKey: readonly string[]
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** The first few of each, in the order of the key. */
  readonly examples: {
    readonly added: readonly RowText[]
    readonly removed: readonly RowText[]
    /** The key, and for each column that differs its value before and after. */
    readonly changed: readonly {
      readonly key: RowText
      readonly columns: Readonly<Record<string, readonly [string | null, string | null]>>
    }[]
  }
}

/**
 * Current rows of a table that were added, removed or changed from one version to another. Rows are one and the same when
 * their primary key is; where they came from does not count. Only rows that may differ are compared.
 *
 * @throws {DroplakeError} TABLE_NOT_FOUND, VERSION_NOT_FOUND, VERSION_VACUUMED, LAKE_NOT_FOUND, LAKE_DAMAGED
 */
export async function diffVersions(
  project: Project,
  from: number,
  to: number,
  tableName: string,
  mostExamples: number,
): Promise<VersionDiff> {
  return withVersions(project, async (versions) => {
    for (const version of [from, to]) requireVersion(version, versions)
    const primaryKey = primaryKeyOf(project, tableName)
    const columns = await compareRows(versions, from, to, tableName, primaryKey)
    const counts = await countChanges(versions.engine)
    const rowsOf = (change: string) => readExamples(versions.engine, change, primaryKey, columns, mostExamples)
    const changed = await rowsOf('changed')
    return {
      ...{ table: tableName, from, to, primaryKey },
      ...counts,
      examples: {
        added: (await rowsOf('added')).map((pair) => pair.after),
        removed: (await rowsOf('removed')).map((pair) => pair.before),
        changed: changed.map((pair) => describeChange(pair, primaryKey, columns)),
      },
    }
  })
}

function primaryKeyOf(project: Project, tableName: string): readonly string[] {
  const { tables } = project.config
  const table = Object.hasOwn(tables, tableName) ? tables[tableName] : undefined
  if (table !== undefined) return table.primaryKey
  const names = Object.keys(tables)
  throw new DroplakeError(
    'TABLE_NOT_FOUND',
    `there is no table "${tableName}"; expected one of ${names.join(', ')}.${didYouMean(tableName, names)}`,
    { hint: 'A diff needs the primary key that pipeline_config.json gives the table.' },
  )
}

/** One row per key that differs: `_change`, `_before` and `_after` with the row of each version. */
const CHANGES = ident('temp', 'version_changes')

/** @returns the columns that were compared */
async function compareRows(
  versions: Versions,
  from: number,
  to: number,
  tableName: string,
  primaryKey: readonly string[],
): Promise<string[]> {
  const { engine, layout, project } = versions
  const filesAt = async (version: number) =>
    (await liveFilesAt(versions, version)).filter((file) => isOfTable(file) && file.tableName === tableName)
  const [before, after] = [await filesAt(from), await filesAt(to)]
  const config = await configAt(engine, project.config, layout, [...before, ...after])
  const all = columnsOf('dw', config.tables[tableName] as TableConfig)
  const columns = all.filter(({ name }) => !name.startsWith('_'))
  const names = join(
    columns.map(({ name }) => ident(name)),
    ', ',
  )
  const rowsOf = (files: readonly StoredFile[], others: readonly StoredFile[]) => {
    const [own, theirs] = [tableFilesOf(files, layout, tableName), tableFilesOf(others, layout, tableName)]
    return sql`select ${names} from (${selectOwn(all, own, theirs)})`
  }
  await engine.run(sql`
    create temp table version_changes as
    with _before as (${rowsOf(before, after)}),
    _after as (${rowsOf(after, before)})
    select
      case when _old is null then 'added' when _new is null then 'removed' else 'changed' end as _change,
      _old as _before, _new as _after
    from (select _before as _old from _before)
    full join (select _after as _new from _after) on ${sameKey(primaryKey)}
    where _old is distinct from _new`)
  return columns.map((column) => column.name)
}

/**
 * The current rows of one version that may not be so in another: those in files that the other has not, and those in files
 * of both that have been replaced or closed in the other alone.
 */
function selectOwn(columns: ReturnType<typeof columnsOf>, own: TableFiles, others: TableFiles): Sql {
  const gone = [...own.replaced, ...own.closed]
  const goneThere = [...others.replaced, ...others.closed].filter((path) => !gone.includes(path))
  const ownRows = own.rows.filter((path) => !others.rows.includes(path))
  const bothRows = own.rows.filter((path) => others.rows.includes(path))
  const rows =
    goneThere.length === 0
      ? selectFrom(columns, ownRows)
      : sql`
        ${selectFrom(columns, ownRows)}
        union all
        select * from (${selectFrom(columns, bothRows)})
        semi join (select _file_id, _line from ${readParquet(goneThere)}) using (_file_id, _line)`
  return without(rows, gone)
}

function sameKey(primaryKey: readonly string[]): Sql {
  return join(
    primaryKey.map((column) => sql`_old.${ident(column)} is not distinct from _new.${ident(column)}`),
    ' and ',
  )
}

async function countChanges(engine: Engine): Promise<Pick<VersionDiff, 'added' | 'removed' | 'changed'>> {
  return engine.row(sql`
    select
      count(*) filter (where _change = 'added') as added,
      count(*) filter (where _change = 'removed') as removed,
      count(*) filter (where _change = 'changed') as changed
    from ${CHANGES}`)
}

interface RowPair {
  readonly before: RowText
  readonly after: RowText
}

async function readExamples(
  engine: Engine,
  change: string,
  primaryKey: readonly string[],
  columns: readonly string[],
  most: number,
): Promise<RowPair[]> {
  const values = (side: string) => columns.map((column) => sql`${ident(side)}.${ident(column)}::varchar`)
  const key = primaryKey.map((column) => sql`coalesce(_before, _after).${ident(column)}`)
  const rows = await engine.rows<{ before: readonly (string | null)[]; after: readonly (string | null)[] }>(sql`
    select [${join(values('_before'), ', ')}] as before, [${join(values('_after'), ', ')}] as after
    from ${CHANGES}
    where _change = ${change}
    order by ${join(key, ', ')}
    limit ${most}`)
  const byColumn = (list: readonly (string | null)[]) =>
    Object.fromEntries(columns.map((column, index) => [column, list[index] ?? null]))
  return rows.map((row) => ({ before: byColumn(row.before), after: byColumn(row.after) }))
}

function describeChange({ before, after }: RowPair, primaryKey: readonly string[], columns: readonly string[]) {
  const differing = columns.filter((column) => before[column] !== after[column])
  return {
    key: Object.fromEntries(primaryKey.map((column) => [column, after[column] ?? null])),
    columns: Object.fromEntries(
      differing.map((column) => [column, [before[column] ?? null, after[column] ?? null] as const]),
    ),
  }
}
