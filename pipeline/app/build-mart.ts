import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { contractsOf } from '../../core/config/contracts.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { Config } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join, type Sql, type SqlValue, sql } from '../../core/sql.ts'

/** A mart's SQL, with the values of the parameters that it uses. */
export interface MartQuery {
  readonly martName: string
  /** Its file, relative to the project; for messages. */
  readonly path: string
  readonly text: string
  readonly parameters: Readonly<Record<string, SqlValue>>
}

const MART_ROWS = ident('temp', 'mart_rows')

/**
 * Read every mart's SQL and find the parameters that it uses. The engine must have the views `dw.<table>`.
 *
 * @throws {DroplakeError} MART_INVALID when it is not one SELECT, does not fit the tables, or uses an unknown parameter
 */
export async function readMarts(engine: Engine, project: Project): Promise<MartQuery[]> {
  const marts: MartQuery[] = []
  for (const [martName, { sql: path }] of Object.entries(project.config.marts))
    marts.push(await readMart(engine, project, martName, path))
  return marts
}

/**
 * Read one SELECT of a mart from its file, with the values of the parameters that it uses.
 *
 * @throws {DroplakeError} MART_INVALID
 */
export async function readMart(engine: Engine, project: Project, martName: string, path: string): Promise<MartQuery> {
  const read = await readFile(resolve(project.folder, path), 'utf8').catch((cause: unknown) => {
    throw martInvalid(martName, path, messageOf(cause), cause)
  })
  const text = read.replace(/;\s*$/, '')
  const inspected = await engine.inspect(text).catch((cause: unknown) => {
    throw martInvalid(martName, path, messageOf(cause), cause)
  })
  if (!inspected.isSelect) {
    throw martInvalid(
      martName,
      path,
      inspected.statements === 1
        ? 'found another statement; expected a SELECT'
        : `found ${inspected.statements} statements; expected one SELECT`,
    )
  }
  const known = project.config.parameters
  for (const name of inspected.parameters) {
    if (!Object.hasOwn(known, name))
      throw martInvalid(
        martName,
        path,
        `it uses $${name}, which "parameters" in pipeline_config.json lacks.${didYouMean(name, Object.keys(known))}`,
      )
  }
  const parameters = Object.fromEntries(inspected.parameters.map((name) => [name, known[name] ?? null]))
  // Types of parameters are known only now: a wrong one shows here, before any work.
  await engine.runNamed(`explain ${text}`, parameters).catch((cause: unknown) => {
    throw martInvalid(martName, path, messageOf(cause), cause)
  })
  return { martName, path, text, parameters }
}

/**
 * A hash of all that a mart's rows depend on: its SQL, its parameters, the columns and data files of DW. The same hash,
 * the same rows, unless the SQL asks for the time or reads files of its own.
 */
export function fingerprintOf(query: MartQuery, tables: Config['tables'], dwFiles: readonly DataFile[]): string {
  const { text, parameters } = query
  const inputs = { text, parameters, contracts: contractsOf(tables), files: dwFiles.map((file) => file.path).sort() }
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}

/** Compute a mart and write it as a data file; its rows keep the order of the SQL. */
export async function buildMart(lake: Lake, run: Run, query: MartQuery, fingerprint: string): Promise<DataFile> {
  const rows = await computeMart(lake.engine, query)
  const file = await writeDataFile(lake, run, { layer: 'app', tableName: query.martName, fingerprint }, rows)
  if (file === null) throw new DroplakeError('INTERNAL', `mart "${query.martName}" left no file`)
  return file
}

/**
 * Compute a mart over the views `dw.<table>`.
 *
 * @returns a query of its rows, which stay in the engine until the next mart is computed
 * @throws {DroplakeError} MART_INVALID
 */
export async function computeMart(engine: Engine, query: MartQuery): Promise<Sql> {
  try {
    await engine.runNamed(`create or replace temp table mart_rows as\n${query.text}`, query.parameters)
  } catch (cause) {
    throw martInvalid(query.martName, query.path, messageOf(cause), cause)
  }
  return exactRows(engine)
}

/** The mart's rows for Parquet, which knows no integer of 128 bits: DuckDB would write what `sum` gives as DOUBLE, and round. */
async function exactRows(engine: Engine): Promise<Sql> {
  const columns = await engine.rows<{ column_name: string; column_type: string }>(sql`describe ${MART_ROWS}`)
  const selected = columns.map(({ column_name: name, column_type: type }) =>
    type === 'HUGEINT' || type === 'UHUGEINT' ? sql`${ident(name)}::decimal(38, 0) as ${ident(name)}` : ident(name),
  )
  return sql`select ${join(selected, ', ')} from ${MART_ROWS}`
}

function martInvalid(martName: string, path: string, found: string, cause?: unknown): DroplakeError {
  return new DroplakeError('MART_INVALID', `mart "${martName}" (${path}): ${found}`, {
    cause,
    hint: 'Correct the SQL file and run again; nothing was changed.',
  })
}
