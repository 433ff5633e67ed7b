import type { ReportConfig } from '../../core/config/report-schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, type Sql, sql } from '../../core/sql.ts'
import type { PageColumn, PageTable, Value } from './charts/page-data.ts'

/** Rows that a page holds at most: a browser shows so many without a stall. */
export const MOST_ROWS = 200_000

/** A column of a mart as the engine knows it. */
export interface MartColumn {
  readonly name: string
  /** DuckDB's: `DECIMAL(10,2)`. */
  readonly type: string
}

/** @param rows a SELECT */
export async function describeColumns(engine: Engine, rows: Sql): Promise<MartColumn[]> {
  const described = await engine.rows<{ column_name: string; column_type: string }>(sql`describe ${rows}`)
  return described.map((column) => ({ name: column.column_name, type: column.column_type }))
}

/** Whether a chart can add up the values of a column. */
export function isNumeric({ type }: Pick<MartColumn, 'type'>): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UINTEGER|DECIMAL\(.*\)|DOUBLE|FLOAT)$/.test(type)
}

/**
 * Read a mart's rows for a page, the first `MOST_ROWS` of them, in their order.
 *
 * @param rows a SELECT that keeps the order of the mart and has `columns`
 */
export async function readTable(
  engine: Engine,
  rows: Sql,
  columns: readonly MartColumn[],
  report: ReportConfig,
): Promise<PageTable> {
  await engine.run(sql`create or replace temp table page_rows as select * from (${rows}) limit ${MOST_ROWS}`)
  try {
    const values: (readonly Value[])[] = []
    for (const column of columns) values.push(await readColumn(engine, column))
    return { columns: columns.map((column) => pageColumn(column, report)), rowCount: values[0]?.length ?? 0, values }
  } finally {
    await engine.run(sql`drop table temp.page_rows`)
  }
}

function pageColumn(column: MartColumn, { columns: labels, charts }: ReportConfig): PageColumn {
  const { name, type } = column
  const label = Object.hasOwn(labels, name) ? labels[name] : undefined
  const isDrawn = charts.some((chart) => chart.values?.includes(name))
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1]
  const isWhole = /INT/.test(type)
  return {
    name,
    label: label?.label ?? name.replaceAll('_', ' '),
    unit: label?.unit ?? null,
    kind: isNumeric(column) ? 'number' : /^(DATE|TIME)/.test(type) ? 'moment' : 'text',
    decimals: isWhole ? 0 : scale === undefined ? null : Number(scale),
    isAmount: isDrawn || label?.unit !== undefined,
  }
}

/** One column, made into JSON by the engine: row by row it took three times as long (100,000 rows, 2026-11). */
async function readColumn(engine: Engine, { name, type }: MartColumn): Promise<readonly Value[]> {
  const { json } = await engine.row<{ json: string | null }>(sql`
    select to_json(list(${jsonValue(ident(name), type)} order by rowid))::varchar as json from temp.page_rows`)
  return json === null ? [] : (JSON.parse(json) as Value[])
}

/** Numbers that JavaScript holds exactly are numbers; other numbers, moments and the rest travel as the engine's text. */
function jsonValue(value: Sql, type: string): Sql {
  if (type === 'BOOLEAN' || /^U?(TINY|SMALL)INT$|^U?INTEGER$/.test(type)) return value
  if (type === 'DOUBLE' || type === 'FLOAT') return sql`case when isfinite(${value}) then ${value} end`
  const [, digits, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? []
  if (digits !== undefined && Number(digits) <= 15) return sql`${value}::double`
  const isWhole = type === 'BIGINT' || type === 'UBIGINT' || scale === '0'
  if (!isWhole) return sql`${value}::varchar`
  const isExact = sql`${value} between -9007199254740991 and 9007199254740991`
  return sql`case when ${isExact} then to_json(${value}::bigint) else to_json(${value}::varchar) end`
}
