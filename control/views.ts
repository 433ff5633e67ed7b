import { join as joinPath } from 'node:path'
import type { Config } from '../core/config/schema.ts'
import type { Engine } from '../core/engine.ts'
import { ident, literal, type Sql, sql } from '../core/sql.ts'
import type { Layer, Layout } from './layout.ts'
import type { DataFile } from './ledger.ts'
import { selectAll, selectQuarantine, selectRaw } from './relations.ts'
import { selectTable, selectWithoutContract, tableFilesOf } from './table-rows.ts'

/** Layers that have views, and the schemas of these. */
const SCHEMAS = { ods: 'ods', dw: 'dw', app: 'app', rejects: 'quarantine' } as const satisfies Partial<
  Record<Layer, string>
>
type ViewLayer = keyof typeof SCHEMAS

/**
 * Make an attached catalog's views show exactly these data files. Paths in views are absolute, so that the catalog
 * opens from any folder. A table that has left the config keeps its view as long as it has data.
 */
export async function replaceViews(
  engine: Engine,
  catalog: string,
  config: Config,
  layout: Layout,
  dataFiles: readonly DataFile[],
): Promise<void> {
  await dropViews(engine, catalog)
  const pathsOf = (layer: Layer, name: string) =>
    dataFiles
      .filter((file) => file.layer === layer && file.tableName === name)
      .map((file) => joinPath(layout.lake, file.path))
  const create = (layer: ViewLayer, name: string, select: Sql) =>
    engine.run(sql`create view ${ident(catalog, SCHEMAS[layer], name)} as ${select}`)

  for (const [name, table] of Object.entries(config.tables)) {
    await create('ods', name, selectRaw(table, pathsOf('ods', name)))
    await create('dw', name, selectTable(table, tableFilesOf(dataFiles, layout, name)))
    await create(
      'rejects',
      name,
      selectQuarantine(Object.keys(table.columns), pathsOf('rejects', name), pathsOf('outcomes', name)),
    )
  }
  const withoutContract = dataFiles.filter(
    (file) => file.layer === 'app' || config.tables[file.tableName] === undefined,
  )
  for (const [layer, name] of distinctTables(withoutContract)) {
    const isTable = layer === 'dw'
    const select = isTable
      ? selectWithoutContract(tableFilesOf(dataFiles, layout, name))
      : selectAll(pathsOf(layer, name))
    await create(layer, name, select)
  }
}

async function dropViews(engine: Engine, catalog: string): Promise<void> {
  const views = await engine.rows<{ schema_name: string; view_name: string }>(sql`
    select schema_name, view_name from duckdb_views() where database_name = ${literal(catalog)} and not internal`)
  for (const view of views) await engine.run(sql`drop view ${ident(catalog, view.schema_name, view.view_name)}`)
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
