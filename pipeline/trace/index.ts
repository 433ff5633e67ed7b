import { withCatalog } from '../../control/read-catalog.ts'
import { readCondition } from '../../core/condition.ts'
import type { Project } from '../../core/config/load-config.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { findTarget, type TraceTarget } from './find-target.ts'
import { traceMart } from './trace-mart.ts'
import { keyCondition, traceTable } from './trace-table.ts'
import { countTraced, createTraced, type RowTable, readTraced, type TraceRow } from './traced-rows.ts'

export type { TraceRow } from './traced-rows.ts'

export interface TraceRequest {
  /** `orders`, `app.revenue`, `quarantine.orders` … */
  readonly target: string
  /** Values of a table's primary key, in its order; empty when `where` says it. */
  readonly key: readonly string[]
  /** A condition of the rows that are asked for; null for all. */
  readonly where: string | null
  /** Of a mart: only the rows that this column was made of. */
  readonly column: string | null
  /** The most rows of each table in the answer. */
  readonly limit: number
}

export interface TraceReport {
  /** With its layer. */
  readonly target: string
  /** Rows of the target that were asked for. */
  readonly asked: number
  /** By table, with its layer, how many rows are behind them; more than `rows` has when they are over the limit. */
  readonly sources: readonly { readonly table: string; readonly rows: number }[]
  readonly rows: readonly TraceRow[]
}

/**
 * From rows of a table or a mart to the files and lines that they came from.
 *
 * @throws {DroplakeError} TABLE_NOT_FOUND, USAGE, QUERY_REFUSED, QUERY_FAILED, MART_NOT_TRACEABLE, LAKE_NOT_FOUND, LAKE_MOVED
 */
export async function trace(project: Project, request: TraceRequest): Promise<TraceReport> {
  const target = findTarget(project, request.target)
  refuseWrongWords(target, request)
  return withCatalog(project, async (engine) => {
    const condition = request.where === null ? sql`true` : await readCondition(engine, request.where)
    return target.layer === 'app'
      ? reportMart(engine, project, target.name, condition, request)
      : reportTable(engine, rowTableOf(project, target), condition, request)
  })
}

async function reportMart(
  engine: Engine,
  project: Project,
  martName: string,
  condition: Sql,
  { column, limit }: TraceRequest,
): Promise<TraceReport> {
  await createTraced(engine)
  const asked = await traceMart(engine, project, martName, condition, column)
  const counts = await countTraced(engine)
  const rows: TraceRow[] = []
  for (const { table } of counts) rows.push(...(await readTraced(engine, project.config, table, limit)))
  const sources = counts.map((count) => ({ table: `dw.${count.table}`, rows: count.rows }))
  return { target: `app.${martName}`, asked, sources, rows }
}

/** A row that is not in the table may wait in its quarantine: a key is looked for there, too. */
async function reportTable(
  engine: Engine,
  target: RowTable,
  condition: Sql,
  { key, limit }: TraceRequest,
): Promise<TraceReport> {
  const places: RowTable[] =
    key.length > 0 && target.layer === 'dw' ? [target, { ...target, layer: 'quarantine' }] : [target]
  const sources: { table: string; rows: number }[] = []
  const rows: TraceRow[] = []
  for (const place of places) {
    const wanted = key.length > 0 ? await keyCondition(engine, place, key) : condition
    const found = await traceTable(engine, place, wanted, limit)
    if (found.total === 0) continue
    sources.push({ table: `${place.layer}.${place.tableName}`, rows: found.total })
    rows.push(...found.rows)
  }
  const name = `${target.layer}.${target.tableName}`
  return { target: name, asked: sources.find(({ table }) => table === name)?.rows ?? 0, sources, rows }
}

function rowTableOf(project: Project, { layer, name }: TraceTarget): RowTable {
  const table = project.config.tables[name]
  if (table === undefined || layer === 'app') throw new DroplakeError('INTERNAL', `"${name}" is no table`)
  return { layer, tableName: name, table }
}

function refuseWrongWords(target: TraceTarget, { key, where, column }: TraceRequest): void {
  const isMart = target.layer === 'app'
  const fault =
    isMart && key.length > 0
      ? 'a mart has no key'
      : key.length > 0 && where !== null
        ? 'found both a key and --where; expected one of them'
        : !isMart && column !== null
          ? '--column is for marts: a row of a table has one record behind it'
          : !isMart && key.length === 0 && where === null
            ? 'found neither a key nor --where'
            : null
  if (fault === null) return
  throw new DroplakeError('USAGE', `cannot trace ${target.layer}.${target.name}: ${fault}`, {
    hint: 'droplake trace TABLE KEY…, or droplake trace NAME --where "CONDITION"',
  })
}
