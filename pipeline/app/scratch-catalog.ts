import { NO_FILES } from '../../control/table-rows.ts'
import type { Config } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, raw, sql } from '../../core/sql.ts'
import { showTables } from '../dw/index.ts'
import type { MartColumn, SelectText } from './mart-query.ts'

const SCRATCH = 'mart_scratch'

/** Do something in a catalog of its own, which has each table of the contract without rows, and a schema for marts. */
export async function withEmptyTables<Result>(
  engine: Engine,
  tables: Config['tables'],
  work: () => Promise<Result>,
): Promise<Result> {
  const { current } = await engine.row<{ current: string }>(sql`select current_database() as current`)
  // An engine that has a catalog open for reading takes no other one for writing unless it is told.
  await engine.run(sql`attach ':memory:' as ${ident(SCRATCH)} (read_write)`)
  try {
    await engine.run(sql`use ${ident(SCRATCH)}`)
    await showTables(engine, tables, () => NO_FILES)
    await engine.run(sql`create schema app`)
    return await work()
  } finally {
    await engine.run(sql`use ${ident(current)}`)
    await engine.run(sql`detach ${ident(SCRATCH)}`)
  }
}

/**
 * The columns that a SELECT gives, without running it.
 *
 * @throws {DroplakeError} ENGINE_FAILED when it does not fit the tables
 */
export async function describeColumns(engine: Engine, { text, parameters }: SelectText): Promise<MartColumn[]> {
  const rows = await engine.rowsNamed<{ column_name: string; column_type: string }>(`describe\n${text}`, parameters)
  return rows.map((row) => ({ name: row.column_name, type: row.column_type }))
}

/** A mart without rows, for the SQL that reads it. */
export async function showEmptyMart(engine: Engine, martName: string, columns: readonly MartColumn[]): Promise<void> {
  const empty = columns.map(({ name, type }) => sql`null::${raw(storedType(type))} as ${ident(name)}`)
  await engine.run(sql`create table ${ident('app', martName)} as select ${join(empty, ', ')} where false`)
}

/** Parquet knows no integer of 128 bits: DuckDB would write what `sum` gives as DOUBLE, and round. */
export function storedType(type: string): string {
  return type === 'HUGEINT' || type === 'UHUGEINT' ? 'decimal(38, 0)' : type
}
