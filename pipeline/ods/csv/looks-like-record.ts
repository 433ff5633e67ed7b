import { formatOf } from '../../../core/config/column-types.ts'
import type { ColumnConfig, TableConfig } from '../../../core/config/schema.ts'

/** Whether a line's fields are, by the types of their columns, a record of the table. */
export type RecordTest = (fields: readonly string[]) => boolean

/** Columns that must hold something other than text: with fewer, a line of prose could pass. */
const FEWEST_TYPED_COLUMNS = 2

/**
 * A test that tells a line of text inside a quoted field from a record that a lost quote has swallowed. Both can be legal
 * CSV; the contract knows better: a line whose every number and date is one is a record.
 *
 * @param columns in the order of the file's fields
 * @returns undefined for a table with too few columns of other types than string
 */
export function recordTest(table: TableConfig, columns: readonly string[]): RecordTest | undefined {
  const patterns = typePatterns(table, columns)
  if (patterns.filter((pattern) => pattern !== undefined).length < FEWEST_TYPED_COLUMNS) return undefined
  return (fields) => fitsTypes(fields, patterns)
}

/** Of each field, how a value of its column is written; undefined where any text will do. */
export function typePatterns(table: TableConfig, columns: readonly string[]): (RegExp | undefined)[] {
  return columns.map((name) => {
    const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
    return column?.required ? patternOf(column) : undefined
  })
}

export function fitsTypes(fields: readonly string[], patterns: readonly (RegExp | undefined)[]): boolean {
  return patterns.every((pattern, index) => pattern === undefined || pattern.test(fields[index] ?? ''))
}

function patternOf(column: ColumnConfig): RegExp | undefined {
  const [type] = column.type.split('(')
  if (type === 'string') return undefined
  if (type === 'boolean') return /^(true|false)$/
  const format = formatOf(column)
  if (format === undefined) return /^-?\d+(\.\d+)?$/
  const digits = format
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/%Y/g, '\\d{4}')
    .replace(/%[mdHMSy]/g, '\\d{1,2}')
  return new RegExp(`^${digits.replace(/%[A-Za-z-]+/g, '.+')}$`)
}
