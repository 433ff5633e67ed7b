import { createHash } from 'node:crypto'
import { join as joinPath } from 'node:path'
import type { Config } from '../core/config/schema.ts'
import type { Engine } from '../core/engine.ts'
import { ident, join, literal, type Sql, sql } from '../core/sql.ts'
import type { Layer, Layout } from './layout.ts'
import type { DataFile } from './ledger.ts'
import { selectAll, selectQuarantine, selectRaw } from './relations.ts'
import { selectTable, selectWithoutContract, tableFilesOf } from './table-rows.ts'

/** Layers that have views, and the schemas of these. */
const SCHEMAS = { ods: 'ods', dw: 'dw', app: 'app', rejects: 'quarantine' } as const satisfies Partial<
  Record<Layer, string>
>
type ViewLayer = keyof typeof SCHEMAS

interface View {
  readonly schema: string
  readonly name: string
  readonly select: Sql
  /** A digest of `select`, which the catalog keeps as the comment of the view. */
  readonly comment: string
}

interface StoredView {
  readonly schema: string
  readonly name: string
  readonly comment: string | null
}

/**
 * Make an attached catalog's views show exactly these data files; those that do so already are left alone. Paths in views are
 * absolute, so that the catalog opens from any folder. A table that has left the config keeps its view as long as it has data.
 */
export async function replaceViews(
  engine: Engine,
  catalog: string,
  config: Config,
  layout: Layout,
  dataFiles: readonly DataFile[],
): Promise<void> {
  const wanted = viewsOf(config, layout, dataFiles)
  const stored = await storedViews(engine, catalog)
  const [isWanted, isStored] = [keysOf(wanted), keysOf(stored)]
  const statements = [
    ...stored.filter((view) => !isWanted.has(keyOf(view))).map((view) => dropView(catalog, view)),
    ...wanted.filter((view) => !isStored.has(keyOf(view))).map((view) => createView(catalog, view)),
  ]
  if (statements.length > 0) await engine.run(join(statements, ';\n'))
}

/** Take away all views of an attached catalog. */
export async function dropViews(engine: Engine, catalog: string): Promise<void> {
  for (const view of await storedViews(engine, catalog)) await engine.run(dropView(catalog, view))
}

function viewsOf(config: Config, layout: Layout, dataFiles: readonly DataFile[]): View[] {
  const pathsOf = (layer: Layer, name: string) =>
    dataFiles
      .filter((file) => file.layer === layer && file.tableName === name)
      .map((file) => joinPath(layout.lake, file.path))
  const view = (layer: ViewLayer, name: string, select: Sql): View => {
    const comment = `made by droplake ${createHash('sha256').update(select.text).digest('hex')}`
    return { schema: SCHEMAS[layer], name, select, comment }
  }
  const ofTables = Object.entries(config.tables).flatMap(([name, table]) => [
    view('ods', name, selectRaw(table, pathsOf('ods', name))),
    view('dw', name, selectTable(table, tableFilesOf(dataFiles, layout, name))),
    view(
      'rejects',
      name,
      selectQuarantine(Object.keys(table.columns), pathsOf('rejects', name), pathsOf('outcomes', name)),
    ),
  ])
  const withoutContract = dataFiles.filter(
    (file) => file.layer === 'app' || config.tables[file.tableName] === undefined,
  )
  const others = distinctTables(withoutContract).map(([layer, name]) =>
    view(
      layer,
      name,
      layer === 'dw' ? selectWithoutContract(tableFilesOf(dataFiles, layout, name)) : selectAll(pathsOf(layer, name)),
    ),
  )
  return [...ofTables, ...others]
}

async function storedViews(engine: Engine, catalog: string): Promise<StoredView[]> {
  return engine.rows<{ schema: string; name: string; comment: string | null }>(sql`
    select schema_name as schema, view_name as name, comment
    from duckdb_views()
    where database_name = ${literal(catalog)} and not internal`)
}

/** Two views are the same when they have one name and one text. */
function keyOf({ schema, name, comment }: StoredView): string {
  return JSON.stringify([schema, name, comment])
}

function keysOf(views: readonly StoredView[]): ReadonlySet<string> {
  return new Set(views.map(keyOf))
}

function dropView(catalog: string, { schema, name }: StoredView): Sql {
  return sql`drop view ${ident(catalog, schema, name)}`
}

function createView(catalog: string, { schema, name, select, comment }: View): Sql {
  const view = ident(catalog, schema, name)
  return sql`create view ${view} as ${select}; comment on view ${view} is ${literal(comment)}`
}

function distinctTables(dataFiles: readonly DataFile[]): [ViewLayer, string][] {
  const seen = new Map<string, [ViewLayer, string]>()
  for (const { layer, tableName } of dataFiles)
    if (hasViews(layer)) seen.set(`${layer}/${tableName}`, [layer, tableName])
  return [...seen.values()]
}

function hasViews(layer: Layer): layer is ViewLayer {
  return Object.hasOwn(SCHEMAS, layer)
}
