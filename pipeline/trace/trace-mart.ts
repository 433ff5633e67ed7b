import { readHeldMarts } from '../../control/held-marts.ts'
import { dataFileOf } from '../../control/ledger.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join, literal, type Sql, type SqlValue, sql } from '../../core/sql.ts'
import { parseSelects, printSelect, type Tree } from '../../core/syntax-tree.ts'
import { fingerprintOf, type MartQuery, readMarts, readTrace } from '../app/index.ts'
import { TRACED } from './traced-rows.ts'
import { type Names, NotTraceable, type Source, withSources } from './with-sources.ts'

/** The rows of the mart that were asked for, and the same with what is behind each of them. */
const [MART_ROWS, BEHIND] = [ident('temp', 'traced_mart'), ident('temp', 'rows_behind')]

/**
 * Find the rows of DW that rows of a mart were made of, and leave them in `TRACED`. The mart's SQL tells; where it is too
 * much for that, the file that `trace` names in the config.
 *
 * @param condition of the mart's rows
 * @param column only the rows that a column's number was made of; null for all
 * @returns how many rows of the mart were asked for
 * @throws {DroplakeError} MART_NOT_TRACEABLE, MART_INVALID, QUERY_FAILED
 */
export async function traceMart(
  engine: Engine,
  project: Project,
  martName: string,
  condition: Sql,
  column: string | null,
): Promise<number> {
  const query = (await readMarts(engine, project)).find((mart) => mart.martName === martName)
  if (query === undefined) throw new DroplakeError('INTERNAL', `no mart "${martName}"`)
  const trace = project.config.marts[martName]?.trace
  await refuseOutdated(engine, project, query)
  const columns = await findMartRows(engine, martName, condition)
  refuseUnknownColumn(martName, columns, column)
  if (trace === undefined) await traceBySql(engine, project, query, column, columns)
  else await traceByFile(engine, project, martName, trace, column, columns)
  return countRows(engine, MART_ROWS)
}

/** A mart's column that can be compared exactly: sums of floating point numbers depend on the order of the rows. */
interface MartColumn {
  readonly name: string
  readonly isExact: boolean
}

async function findMartRows(engine: Engine, martName: string, condition: Sql): Promise<MartColumn[]> {
  const mart = ident('app', martName)
  try {
    await engine.run(sql`create or replace temp table traced_mart as select * from ${mart} where ${condition}`)
  } catch (cause) {
    throw new DroplakeError('QUERY_FAILED', messageOf(cause), {
      cause,
      hint: `Columns of the mart: droplake query "describe app.${martName}"`,
    })
  }
  const described = await engine.rows<{ column_name: string; column_type: string }>(sql`describe ${MART_ROWS}`)
  return described.map(({ column_name: name, column_type: type }) => ({
    name,
    isExact: !/DOUBLE|FLOAT/.test(type),
  }))
}

function refuseUnknownColumn(martName: string, columns: readonly MartColumn[], column: string | null): void {
  const names = columns.map(({ name }) => name)
  if (column === null || names.includes(column)) return
  throw new DroplakeError('USAGE', `app.${martName} has no column "${column}".${didYouMean(column, names)}`, {
    hint: `Its columns: ${names.join(', ')}`,
  })
}

/** The rows in the lake are those of another SQL, or of other parameters, than the project has by now. */
async function refuseOutdated(engine: Engine, project: Project, query: MartQuery): Promise<void> {
  const live = await engine.rows(sql`select * from control.data_files where removed_in is null`)
  const files = live.map(dataFileOf)
  const held = files.find((file) => file.layer === 'app' && file.tableName === query.martName)
  if (held === undefined || held.fingerprint === fingerprintOf(query, project.config.tables, files)) return
  const heldBack = (await readHeldMarts(engine)).get(query.martName)
  if (heldBack !== undefined)
    throw notTraceable(query.martName, `they are older than the tables, because it was ${heldBack}`, {
      hint: 'Correct what its tests found, droplake run, and ask again.',
    })
  throw notTraceable(query.martName, 'its SQL, its parameters or the tables have changed since it was computed', {
    hint: 'Compute it anew first: droplake run',
  })
}

async function traceBySql(
  engine: Engine,
  project: Project,
  query: MartQuery,
  column: string | null,
  columns: readonly MartColumn[],
): Promise<void> {
  const { martName, parameters } = query
  try {
    const { text, sources } = await tracedSql(engine, project, query, column)
    await findBehind(engine, text, parameters, columns)
    await refuseOtherRows(engine, martName, columns, column)
    await addTraced(engine, project, sources)
  } catch (error) {
    if (error instanceof NotTraceable) throw notTraceable(martName, `its SQL has ${error.message}`)
    if (error instanceof DroplakeError && error.code === 'ENGINE_FAILED')
      throw notTraceable(martName, `its SQL could not be followed: ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * A mart's SQL that gives, beside each row, the rows of DW behind it: one row per combination of them.
 *
 * @throws {NotTraceable}
 */
export async function tracedSql(
  engine: Engine,
  project: Project,
  query: MartQuery,
  column: string | null,
): Promise<{ readonly text: string; readonly sources: readonly Source[] }> {
  const tree = await parseOne(engine, query)
  const { node, sources } = withSources(tree, await namesOf(engine, project), column === null ? null : [column])
  return { text: await printSelect(engine, node), sources }
}

async function parseOne(engine: Engine, { text, martName }: MartQuery): Promise<Tree> {
  const statements = await parseSelects(engine, text)
  const [statement] = typeof statements === 'string' ? [] : statements
  if (statement === undefined) throw notTraceable(martName, `its SQL could not be followed: ${String(statements)}`)
  return statement
}

async function namesOf(engine: Engine, project: Project): Promise<Names> {
  const functions = await engine.rows<{ name: string }>(
    sql`select distinct function_name as name from duckdb_functions() where function_type = 'aggregate'`,
  )
  const marts = new Map<string, Tree>()
  for (const { martName, text } of await readMarts(engine, project)) {
    const statements = await parseSelects(engine, text)
    if (typeof statements !== 'string' && statements[0] !== undefined) marts.set(martName.toLowerCase(), statements[0])
  }
  return {
    tables: new Set(Object.keys(project.config.tables).map((name) => name.toLowerCase())),
    marts,
    aggregates: new Set(functions.map(({ name }) => name)),
  }
}

/** All rows of a query of rows behind, as far as they belong to the mart's rows that were asked for. */
async function findBehind(
  engine: Engine,
  text: string,
  parameters: Readonly<Record<string, SqlValue>>,
  columns: readonly MartColumn[],
): Promise<void> {
  const isSame = columns
    .filter(({ isExact }) => isExact)
    .map(({ name }) => sql`${ident('_asked', name)} is not distinct from ${ident('_behind', name)}`)
  const exists = sql`exists (select 1 from ${MART_ROWS} as _asked where ${join([sql`true`, ...isSame], ' and ')})`
  await engine.runNamed(
    `create or replace temp table rows_behind as select * from (\n${text}\n) as _behind where ${exists.text}`,
    parameters,
  )
}

/** What was followed back has to lead to the very rows that the mart has. */
async function refuseOtherRows(
  engine: Engine,
  martName: string,
  columns: readonly MartColumn[],
  column: string | null,
): Promise<void> {
  const exact = columns.filter(({ isExact }) => isExact).map(({ name }) => ident(name))
  if (exact.length === 0) return
  const names = join(exact, ', ')
  const { other } = await engine.row<{ other: number }>(sql`
    select count(*) as other from (select distinct ${names} from ${MART_ROWS} except select ${names} from ${BEHIND})`)
  if (other > 0)
    throw notTraceable(martName, `followed back, its SQL does not give ${other} of the rows that were asked for`, {
      details: { column },
    })
}

async function addTraced(engine: Engine, project: Project, sources: readonly Source[]): Promise<void> {
  const tables = Object.keys(project.config.tables)
  for (const { tableName, fileId, line } of sources) {
    const name = tables.find((table) => table.toLowerCase() === tableName) ?? tableName
    await engine.run(sql`
      insert into ${TRACED}
      select distinct ${literal(name)}, ${ident(fileId)}, ${ident(line)} from ${BEHIND} where ${ident(fileId)} is not null`)
  }
}

async function traceByFile(
  engine: Engine,
  project: Project,
  martName: string,
  path: string,
  column: string | null,
  columns: readonly MartColumn[],
): Promise<void> {
  const { text, parameters } = await readTrace(engine, project, martName, path)
  if (column !== null)
    throw notTraceable(martName, `"${path}" tells of whole rows only`, { hint: 'Leave out --column.' })
  const described = await describeQuery(engine, text, parameters)
  const lacking = ['_table', '_file_id', '_line'].filter((name) => !described.includes(name))
  const shared = columns.filter(({ name }) => described.includes(name))
  if (lacking.length > 0 || shared.length === 0) {
    const found = lacking.length > 0 ? `lacks ${lacking.join(', ')}` : 'has no column of the mart'
    throw new DroplakeError('MART_INVALID', `mart "${martName}" (${path}): it ${found}`, {
      hint: 'Let it give columns of the mart, and _table, _file_id and _line of the rows of dw behind them.',
    })
  }
  await findBehind(engine, text, parameters, shared)
  await refuseOtherRows(engine, martName, shared, null)
  await engine.run(sql`insert into ${TRACED} select distinct _table, _file_id, _line from ${BEHIND}`)
}

async function describeQuery(
  engine: Engine,
  text: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<string[]> {
  await engine.runNamed(`create or replace temp table rows_behind as select * from (\n${text}\n) limit 0`, parameters)
  const described = await engine.rows<{ column_name: string }>(sql`describe ${BEHIND}`)
  return described.map((row) => row.column_name)
}

async function countRows(engine: Engine, table: Sql): Promise<number> {
  return (await engine.row<{ rows: number }>(sql`select count(*) as rows from ${table}`)).rows
}

function notTraceable(
  martName: string,
  why: string,
  extras: { readonly hint?: string; readonly cause?: unknown; readonly details?: Record<string, unknown> } = {},
): DroplakeError {
  return new DroplakeError('MART_NOT_TRACEABLE', `the rows behind app.${martName} cannot be told: ${why}`, {
    hint: `Name a file with a SELECT of the rows behind in marts.${martName}.trace (README, "From a number to its rows").`,
    ...extras,
  })
}
