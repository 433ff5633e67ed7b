import type { TableConfig } from '../../core/config/schema.ts'

/** The column that a header's field, or a key of an object, names: as it is written, or but for case, spaces, hyphens and underscores. */
export function matchColumn(field: string, table: TableConfig): string | undefined {
  const { exact, alike } = namesOf(table)
  return exact.get(field.trim().toLowerCase()) ?? alike.get(plainName(field))
}

interface ColumnNames {
  /** By their names in lower case. */
  readonly exact: ReadonlyMap<string, string>
  /** By their plain names; undefined where two columns have the same. */
  readonly alike: ReadonlyMap<string, string | undefined>
}

/** A table can have thousands of columns, and a file as many names that are held against them. */
const known = new WeakMap<TableConfig['columns'], ColumnNames>()

function namesOf({ columns }: TableConfig): ColumnNames {
  const found = known.get(columns)
  if (found !== undefined) return found
  const exact = new Map<string, string>()
  const alike = new Map<string, string | undefined>()
  for (const column of Object.keys(columns)) {
    const plain = plainName(column)
    exact.set(column.toLowerCase(), column)
    alike.set(plain, alike.has(plain) ? undefined : column)
  }
  known.set(columns, { exact, alike })
  return { exact, alike }
}

function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_')
}
