import type { Engine } from '../core/engine.ts'
import { ident, literal, readSql, type Sql, sql } from '../core/sql.ts'

interface Migration {
  /** As `control.migrations` records it. A migration that was published is history: a change is the next number. */
  readonly name: string
  readonly statements: Sql
  /** Of a migration from before lakes recorded them: a table that it makes, which tells whether a lake has it. */
  readonly makes: string | null
}

const migration = (name: string, makes: string | null = null): Migration => ({
  name,
  makes,
  statements: readSql(import.meta.url, `./migrations/${name}.sql`),
})

/** In their order. A new lake is made by `ledger.sql`, which has all of them. */
const MIGRATIONS: readonly Migration[] = [
  migration('0002-tools', 'vacuums'),
  migration('0003-quarantine', 'returns'),
  migration('0004-rules', 'freshness'),
  migration('0005-replaced-rows', 'replaced_rows'),
  migration('0006-marts', 'mart_results'),
  migration('0007-backups', 'backups'),
  migration('0008-migrations'),
  migration('0009-dialects'),
]

/**
 * Bring the control tables of an attached catalog to the newest form, and record what was done. It runs in each commit on a
 * copy that nobody reads yet, so that the lake's form changes together with its version.
 */
export async function migrateCatalog(engine: Engine, catalog: string): Promise<void> {
  const missing = await missingMigrations(engine, catalog)
  if (missing.length === 0) return
  await engine.run(sql`use ${ident(catalog)}`)
  try {
    for (const { statements } of missing) await engine.run(statements)
  } finally {
    await engine.run(sql`use memory`)
  }
  await recordMigrations(engine, catalog)
}

/** Note in `control.migrations` all that are not there yet. */
export async function recordMigrations(engine: Engine, catalog: string): Promise<void> {
  const table = ident(catalog, 'control', 'migrations')
  const names = literal(MIGRATIONS.map(({ name }) => name))
  await engine.run(
    sql`insert into ${table} (from unnest(${names}) as _migrations(name) anti join ${table} using (name))`,
  )
}

/** Those that an attached catalog does not have, in their order. */
export async function missingMigrations(engine: Engine, catalog: string): Promise<readonly Migration[]> {
  const tables = await engine.rows<{ name: string }>(sql`
    select table_name as name from duckdb_tables() where database_name = ${catalog} and schema_name = 'control'`)
  const made = new Set(tables.map(({ name }) => name))
  if (!made.has('migrations')) return MIGRATIONS.filter(({ makes }) => makes === null || !made.has(makes))
  const recorded = await engine.rows<{ name: string }>(sql`select name from ${ident(catalog, 'control', 'migrations')}`)
  const applied = new Set(recorded.map(({ name }) => name))
  return MIGRATIONS.filter(({ name }) => !applied.has(name))
}
