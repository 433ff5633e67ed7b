import type { TableConfig } from '../../core/config/schema.ts'

/** The column that a header's field, or a key of an object, names: as it is written, or but for case, spaces, hyphens and underscores. */
export function matchColumn(field: string, table: TableConfig): string | undefined {
  const columns = Object.keys(table.columns)
  const exact = columns.find((column) => column.toLowerCase() === field.trim().toLowerCase())
  if (exact !== undefined) return exact
  const alike = columns.filter((column) => plainName(column) === plainName(field))
  return alike.length === 1 ? alike[0] : undefined
}

function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_')
}
