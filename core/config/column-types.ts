import type { ColumnConfig } from './schema.ts'

/** The DuckDB type of a column in the DW layer. */
export function sqlTypeOf(column: ColumnConfig): string {
  return column.type === 'string' ? 'varchar' : column.type
}

/** How a moment is written when the contract does not say, in strftime letters. */
const DEFAULT_FORMATS: Record<string, string> = {
  date: '%Y-%m-%d',
  timestamp: '%Y-%m-%dT%H:%M:%SZ',
  time: '%H:%M:%S',
}

/** The strftime format of a date, timestamp or time column; undefined for other types. */
export function formatOf(column: ColumnConfig): string | undefined {
  const standard = DEFAULT_FORMATS[column.type]
  return standard === undefined ? undefined : (column.format ?? standard)
}

/** A column's type without its digits: `decimal`. */
export function baseTypeOf(column: ColumnConfig): string {
  return column.type.split('(', 1)[0] ?? column.type
}
