import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join, raw, type Sql, sql } from '../../core/sql.ts'
import { type MartQuery, martInvalid, martPlace } from './mart-query.ts'
import { describeColumns, storedType } from './scratch-catalog.ts'

const MART_ROWS = ident('temp', 'mart_rows')

/** Compute a mart and write it as a data file; its rows keep the order of the SQL. */
export async function buildMart(lake: Lake, run: Run, query: MartQuery, fingerprint: string): Promise<DataFile> {
  const rows = await computeMart(lake.engine, query)
  const file = await writeDataFile(lake, run, { layer: 'app', tableName: query.martName, fingerprint }, rows)
  if (file === null) throw new DroplakeError('INTERNAL', `mart "${query.martName}" left no file`)
  return file
}

/**
 * Compute a mart over the views `dw.<table>` and `app.<mart>`.
 *
 * @returns a query of its rows, which stay in the engine until the next mart is computed
 * @throws {DroplakeError} MART_INVALID
 */
export async function computeMart(engine: Engine, query: MartQuery): Promise<Sql> {
  try {
    await engine.runNamed(`create or replace temp table mart_rows as\n${query.text}`, query.parameters)
  } catch (cause) {
    if (cause instanceof DroplakeError && cause.code !== 'ENGINE_FAILED') throw cause
    throw martInvalid(martPlace(query.martName, query.path), messageOf(cause), cause)
  }
  return storableRows(engine)
}

/** The mart's rows, their types those that Parquet can hold without a loss. */
async function storableRows(engine: Engine): Promise<Sql> {
  const columns = await describeColumns(engine, { text: `from ${MART_ROWS.text}`, parameters: {} })
  const selected = columns.map(({ name, type }) =>
    storedType(type) === type ? ident(name) : sql`${ident(name)}::${raw(storedType(type))} as ${ident(name)}`,
  )
  return sql`select ${join(selected, ', ')} from ${MART_ROWS}`
}
