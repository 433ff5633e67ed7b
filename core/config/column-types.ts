import type { ColumnConfig } from './schema.ts'

/** The DuckDB type of a column in the DW layer. */
export function sqlTypeOf(column: ColumnConfig): string {
  return column.type === 'string' ? 'varchar' : column.type
}

/** How a date or timestamp is written when the contract does not say, in strftime letters. */
const DEFAULT_FORMATS: Record<string, string> = { date: '%Y-%m-%d', timestamp: '%Y-%m-%dT%H:%M:%SZ' }

/** The strftime format of a date or timestamp column; undefined for other types. */
export function formatOf(column: ColumnConfig): string | undefined {
  const standard = DEFAULT_FORMATS[column.type]
  return standard === undefined ? undefined : (column.format ?? standard)
}
