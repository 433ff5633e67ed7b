import { readHeldMarts } from '../../control/held-marts.ts'
import { dataFileOf } from '../../control/ledger.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { ident, literal, type Sql, sql } from '../../core/sql.ts'
import { parseSelects, piecesOf, printSelect, type Tree, textOf } from '../../core/syntax-tree.ts'
import { fingerprintOf, type MartQuery, readMarts, type SelectText } from '../app/index.ts'
import { BEHIND, countMartRows, findBehind, findMartRows, type MartColumn, refuseOtherRows } from './mart-rows.ts'
import { notTraceable } from './not-traceable.ts'
import { NotTraceable } from './refuse-select.ts'
import { traceByFile } from './trace-by-file.ts'
import type { Source } from './traced-from.ts'
import { TRACED } from './traced-rows.ts'
import { type Names, withSources } from './with-sources.ts'

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
  const marts = await readMarts(engine, project)
  const query = marts.find((mart) => mart.martName === martName)
  if (query === undefined) throw new DroplakeError('INTERNAL', `no mart "${martName}"`)
  const trace = project.config.marts[martName]?.trace
  await refuseOutdated(engine, project, query)
  const columns = await findMartRows(engine, martName, condition)
  refuseUnknownColumn(martName, columns, column)
  if (trace !== undefined && column !== null)
    throw notTraceable(martName, `"${trace}" tells of whole rows only`, { hint: 'Leave out --column.' })
  if (trace === undefined) await traceBySql(engine, project, { marts, query, column }, columns)
  else await traceByFile(engine, project, martName, trace, columns)
  return countMartRows(engine)
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

/** The mart, and all of them, because marts may read marts; `column` as in `traceMart`. */
export interface WantedTrace {
  readonly marts: readonly MartQuery[]
  readonly query: MartQuery
  readonly column: string | null
}

async function traceBySql(
  engine: Engine,
  project: Project,
  wanted: WantedTrace,
  columns: readonly MartColumn[],
): Promise<void> {
  const { column, query } = wanted
  const { martName } = query
  try {
    const { text, parameters, sources } = await tracedSql(engine, project, wanted)
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
  { marts, query, column }: WantedTrace,
): Promise<SelectText & { readonly sources: readonly Source[] }> {
  const tree = await parseOne(engine, query)
  const { node, sources } = withSources(tree, await namesOf(engine, project, marts), column === null ? null : [column])
  // Those of the marts that it reads are among them.
  const used = new Set(
    [...piecesOf(node)].filter((piece) => piece.class === 'PARAMETER').map((piece) => textOf(piece.identifier)),
  )
  const parameters = Object.fromEntries(Object.entries(project.config.parameters).filter(([name]) => used.has(name)))
  return { text: await printSelect(engine, node), parameters, sources }
}

async function parseOne(engine: Engine, { text, martName }: MartQuery): Promise<Tree> {
  const statements = await parseSelects(engine, text)
  const [statement] = typeof statements === 'string' ? [] : statements
  if (statement === undefined) throw notTraceable(martName, `its SQL could not be followed: ${String(statements)}`)
  return statement
}

async function namesOf(engine: Engine, project: Project, queries: readonly MartQuery[]): Promise<Names> {
  const functions = await engine.rows<{ name: string }>(
    sql`select distinct function_name as name from duckdb_functions() where function_type = 'aggregate'`,
  )
  const marts = new Map<string, Tree>()
  for (const { martName, text } of queries) {
    const statements = await parseSelects(engine, text)
    if (typeof statements !== 'string' && statements[0] !== undefined) marts.set(martName.toLowerCase(), statements[0])
  }
  return {
    tables: new Set(Object.keys(project.config.tables).map((name) => name.toLowerCase())),
    marts,
    aggregates: new Set(functions.map(({ name }) => name)),
  }
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
