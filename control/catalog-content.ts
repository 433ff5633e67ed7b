import { Engine } from '../core/engine.ts'
import { ident, join, literal, sql } from '../core/sql.ts'

/** All that a catalog says, for comparing two of them. */
export interface CatalogContent {
  readonly format: number
  readonly version: number
  /** The lake folder that its views point into. */
  readonly root: string
  /** By control table: the number of its rows and a digest of them. */
  readonly tables: Readonly<Record<string, string>>
  /** By view, as `dw.orders`: its SQL. */
  readonly views: Readonly<Record<string, string>>
}

/**
 * Read the whole of a catalog file: every value of every control table, and its views. An engine of its own reads it,
 * because damage can make DuckDB give up the instance that meets it.
 *
 * @param path of a file that nobody opens for writing: a catalog of the history, or a copy
 * @throws {DroplakeError} ENGINE_FAILED when any of it cannot be read
 */
export async function readCatalogContent(path: string): Promise<CatalogContent> {
  const engine = await Engine.open({ path: ':memory:', threads: 1 })
  try {
    await engine.run(sql`attach ${literal(path)} as content (read_only)`)
    const lake = await engine.row<{ format: number; version: number; root: string }>(
      sql`select format, version, root from content.control.lake`,
    )
    return { ...lake, tables: await digestTables(engine), views: await readViews(engine) }
  } finally {
    engine.close()
  }
}

async function digestTables(engine: Engine): Promise<Record<string, string>> {
  const names = await engine.rows<{ name: string }>(sql`
    select table_name as name from duckdb_tables() where database_name = 'content' and schema_name = 'control' order by name`)
  const queries = names.map(
    ({ name }) => sql`
      select ${literal(name)} as name, count(*) || ':' || coalesce(sum(hash(_row)), 0) as digest
      from ${ident('content', 'control', name)} as _row`,
  )
  if (queries.length === 0) return {}
  const digests = await engine.rows<{ name: string; digest: string }>(join(queries, ' union all '))
  return Object.fromEntries(digests.map(({ name, digest }) => [name, digest]))
}

async function readViews(engine: Engine): Promise<Record<string, string>> {
  const views = await engine.rows<{ name: string; sql: string }>(sql`
    select schema_name || '.' || view_name as name, sql
    from duckdb_views()
    where database_name = 'content' and not internal`)
  return Object.fromEntries(views.map((view) => [view.name, view.sql]))
}
