import type { Project } from '../../core/config/load-config.ts'
import { copyToNewFile, publishFile, removePath, syncFile } from '../../core/durable-files.ts'
import { Engine } from '../../core/engine.ts'
import { ident, literal, sql } from '../../core/sql.ts'
import type { Layout } from '../layout.ts'
import { type DataFile, LEDGER_SQL } from '../ledger.ts'
import { isLiveIn, readStoredFiles } from '../stored-files.ts'
import { dropViews, replaceViews } from '../views.ts'

const CATALOG = 'restored'
const CONTROL_TABLES = [...LEDGER_SQL.text.matchAll(/^create table control\.(\w+)/gm)].map((match) => match[1] ?? '')

/**
 * Make the newest catalog of the history again from `lake.duckdb`. People may have made tables and views of their own in
 * there: those do not come along, and our views are made anew from the ledger.
 *
 * @param path of the catalog in the history
 */
export async function takeCatalogBack(project: Project, layout: Layout, path: string): Promise<void> {
  const beside = `${path}.part`
  await removePath(beside)
  await removePath(`${beside}.wal`)
  await copyToNewFile(layout.catalog, beside)
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await engine.run(sql`attach ${literal(beside)} as ${ident(CATALOG)}`)
    await dropOthers(engine)
    await dropViews(engine, CATALOG)
    await replaceViews(engine, CATALOG, project.config, layout, await liveFiles(engine))
    await engine.run(sql`checkpoint ${ident(CATALOG)}`)
    await engine.run(sql`detach ${ident(CATALOG)}`)
  } finally {
    engine.close()
  }
  await syncFile(beside)
  await publishFile(beside, path)
}

async function dropOthers(engine: Engine): Promise<void> {
  const tables = await engine.rows<{ schema: string; name: string }>(sql`
    select schema_name as schema, table_name as name
    from duckdb_tables()
    where database_name = ${CATALOG} and not (schema_name = 'control' and list_contains(${literal(CONTROL_TABLES)}, table_name))`)
  for (const { schema, name } of tables) await engine.run(sql`drop table ${ident(CATALOG, schema, name)} cascade`)
}

async function liveFiles(engine: Engine): Promise<DataFile[]> {
  const { version } = await engine.row<{ version: number }>(
    sql`select version from ${ident(CATALOG, 'control', 'lake')}`,
  )
  return (await readStoredFiles(engine, CATALOG)).filter((file) => isLiveIn(file, version))
}
