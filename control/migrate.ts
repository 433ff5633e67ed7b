import type { Engine } from '../core/engine.ts'
import { ident, raw, readSql, type Sql, sql } from '../core/sql.ts'

interface Migration {
  /** The format that a catalog has after this step. */
  readonly format: number
  readonly statements: Sql
}

/** From each format to the next, in order. A step that was published is history: a change is the next number. */
const MIGRATIONS: readonly Migration[] = [
  { format: 2, statements: readSql(import.meta.url, './migrations/0002-tools.sql') },
  { format: 3, statements: readSql(import.meta.url, './migrations/0003-quarantine.sql') },
  { format: 3, statements: readSql(import.meta.url, './migrations/0003-rules.sql') },
  { format: 3, statements: readSql(import.meta.url, './migrations/0003-replaced-rows.sql') },
  { format: 3, statements: readSql(import.meta.url, './migrations/0003-marts.sql') },
  { format: 3, statements: readSql(import.meta.url, './migrations/0003-backups.sql') },
]

/**
 * Bring the control tables of an attached catalog, a copy that nobody reads yet, to the newest format. It runs in each
 * commit, so that the lake's format changes together with its version.
 */
export async function migrateCatalog(engine: Engine, catalog: string): Promise<void> {
  const { format } = await engine.row<{ format: number }>(sql`select format from ${ident(catalog, 'control', 'lake')}`)
  const steps = MIGRATIONS.filter((migration) => migration.format > format)
  if (steps.length === 0) return
  await engine.run(sql`use ${ident(catalog)}`)
  try {
    for (const { statements } of steps) await engine.run(statements)
  } finally {
    await engine.run(sql`use memory`)
  }
}

/** Whether an attached catalog has a control table: a lake that no run has migrated yet lacks the newer ones. */
export async function hasControlTable(engine: Engine, catalog: string, table: string): Promise<boolean> {
  const { found } = await engine.row<{ found: number }>(sql`
    select count(*) as found from duckdb_tables()
    where database_name = ${catalog} and schema_name = 'control' and table_name = ${table}`)
  return found > 0
}

const RETURNS_COLUMNS = raw(
  "0 as run_id, '' as table_name, '' as file_id, '' as by_file_id, 0 as loaded, 0 as updated, 0 as unchanged, 0 as quarantined, 0 as new_entries",
)

/** `control.returns` of an attached catalog; an empty relation of its columns in a lake that has no such table yet. */
export async function returnsTable(engine: Engine, catalog: string): Promise<Sql> {
  const isThere = await hasControlTable(engine, catalog, 'returns')
  return isThere ? ident(catalog, 'control', 'returns') : sql`(select ${RETURNS_COLUMNS} where false)`
}
