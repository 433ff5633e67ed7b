import type { Engine } from '../core/engine.ts'
import { ident, literal, raw, sql } from '../core/sql.ts'
import { LEDGER_SQL } from './ledger.ts'
import { migrateCatalog, missingMigrations, recordMigrations } from './migrate.ts'

/** The name under which an engine has the ledger of a lake. */
const LEDGER = 'lake'
/** A catalog that an earlier droplake wrote, while its ledger is copied. */
const EARLIER = 'earlier_catalog'

/**
 * Attach a catalog file as `lake`, read-only. A catalog that an earlier droplake wrote is shown as its next commit will have it: its
 * control tables are copied into memory and migrated there. So whoever reads the ledger knows its newest form only.
 *
 * @param path of a file that nobody opens for writing
 * @returns whether it is the file itself; a copy in memory has the control tables and no views
 */
export async function attachLedger(engine: Engine, path: string): Promise<boolean> {
  await engine.run(sql`attach ${literal(path)} as ${ident(LEDGER)} (read_only)`)
  if ((await missingMigrations(engine, LEDGER)).length === 0) return true
  await engine.run(sql`detach ${ident(LEDGER)}`)
  await engine.run(sql`attach ${literal(path)} as ${ident(EARLIER)} (read_only)`)
  await engine.run(sql`attach ':memory:' as ${ident(LEDGER)}`)
  await copyControlTables(engine)
  await engine.run(sql`detach ${ident(EARLIER)}`)
  await migrateCatalog(engine, LEDGER)
  return false
}

/** Give a ledger in memory the views of the catalog that it was copied from. Their data files must be there. */
export async function copyViews(engine: Engine, path: string): Promise<void> {
  await engine.run(sql`attach ${literal(path)} as ${ident(EARLIER)} (read_only)`)
  const views = await engine.rows<{ schema: string; text: string }>(sql`
    select schema_name as schema, sql as text from duckdb_views() where database_name = ${EARLIER} and not internal`)
  await engine.run(sql`detach ${ident(EARLIER)}`)
  for (const { schema, text } of views) {
    await engine.run(sql`create schema if not exists ${ident(LEDGER, schema)}`)
    await engine.run(raw(text))
  }
}

/** Attach the ledger of a lake that no run has committed to yet, as `lake`: all control tables, without a row. */
export async function attachEmptyLedger(engine: Engine): Promise<void> {
  await engine.run(sql`attach ':memory:' as ${ident(LEDGER)}`)
  await createLedger(engine, LEDGER)
}

/** Make the control tables and the schemas of the layers in an attached, empty catalog. */
export async function createLedger(engine: Engine, catalog: string): Promise<void> {
  await engine.run(sql`use ${ident(catalog)}`)
  try {
    await engine.run(LEDGER_SQL)
  } finally {
    await engine.run(sql`use memory`)
  }
  await recordMigrations(engine, catalog)
}

async function copyControlTables(engine: Engine): Promise<void> {
  await engine.run(sql`create schema ${ident(LEDGER, 'control')}`)
  const tables = await engine.rows<{ name: string }>(sql`
    select table_name as name from duckdb_tables() where database_name = ${EARLIER} and schema_name = 'control'`)
  for (const { name } of tables)
    await engine.run(sql`create table ${ident(LEDGER, 'control', name)} as from ${ident(EARLIER, 'control', name)}`)
}
