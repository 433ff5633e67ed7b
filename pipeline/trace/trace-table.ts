import { sqlTypeOf } from '../../core/config/column-types.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { type RowTable, readRows, type TraceRow } from './traced-rows.ts'

export interface TracedTable {
  readonly rows: readonly TraceRow[]
  /** Of the rows that were asked for, those shown and those not. */
  readonly total: number
}

/** Rows of a table, in one layer, that meet a condition. @throws {DroplakeError} QUERY_FAILED */
export async function traceTable(
  engine: Engine,
  target: RowTable,
  condition: Sql,
  limit: number,
): Promise<TracedTable> {
  const relation = ident(target.layer, target.tableName)
  const rows = sql`(select * from ${relation} where ${condition})`
  try {
    const { total } = await engine.row<{ total: number }>(sql`select count(*) as total from ${rows}`)
    return { total, rows: total === 0 ? [] : await readRows(engine, target, rows, limit) }
  } catch (cause) {
    throw new DroplakeError('QUERY_FAILED', messageOf(cause), {
      cause,
      hint: `Columns of the table: droplake query "describe ${target.layer}.${target.tableName}"`,
    })
  }
}

/**
 * The condition that a row has this primary key.
 *
 * @param values as text, in the order of the key
 * @throws {DroplakeError} USAGE when there are more or fewer than the key has columns, or one is not of its type
 */
export async function keyCondition(
  engine: Engine,
  { layer, tableName, table }: RowTable,
  values: readonly string[],
): Promise<Sql> {
  const { primaryKey } = table
  if (values.length !== primaryKey.length) {
    throw new DroplakeError(
      'USAGE',
      `the key of "${tableName}" has ${primaryKey.length} ${primaryKey.length === 1 ? 'value' : 'values'} (${primaryKey.join(', ')}); found ${values.length}`,
      { hint: `droplake trace ${tableName} ${primaryKey.map((column) => column.toUpperCase()).join(' ')}` },
    )
  }
  const isText = layer !== 'dw'
  const parts: Sql[] = []
  for (const [index, column] of primaryKey.entries()) {
    const value = literal(values[index] ?? '')
    parts.push(sql`${ident(column)} = ${isText ? value : await typed(engine, table, column, values[index] ?? '')}`)
  }
  return join(parts, ' and ')
}

async function typed(engine: Engine, table: TableConfig, column: string, value: string): Promise<Sql> {
  const type = sqlTypeOf(table.columns[column] ?? { type: 'string', required: true })
  const cast = sql`try_cast(${literal(value)} as ${raw(type)})`
  const { isValue } = await engine.row<{ isValue: boolean }>(sql`select ${cast} is not null as "isValue"`)
  if (isValue) return sql`cast(${literal(value)} as ${raw(type)})`
  throw new DroplakeError('USAGE', `"${value}" is no value of ${column}, which is ${type}`, {
    hint: 'Give the values of the primary key in its order, or a condition with --where.',
  })
}
