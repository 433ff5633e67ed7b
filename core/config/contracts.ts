import { sqlTypeOf } from './column-types.ts'
import type { Config } from './schema.ts'

/** The part of a table's contract that its data files depend on. */
export interface StoredContract {
  /** DuckDB types by column, in order. */
  readonly columns: Readonly<Record<string, string>>
  readonly primaryKey: readonly string[]
  /** Not there when the table has none. */
  readonly unique?: readonly (readonly string[])[]
  /** The table keeps the versions of its rows; not there when it does not. */
  readonly keepsHistory?: true
}

/** What every table's data files look like, by table; kept in the catalog, to be compared with the next run's config. */
export function contractsOf(tables: Config['tables']): Record<string, StoredContract> {
  return Object.fromEntries(
    Object.entries(tables).map(([name, table]) => {
      const columns = Object.entries(table.columns).map(([column, config]) => [column, sqlTypeOf(config)])
      const unique = table.unique.length > 0 ? { unique: table.unique } : {}
      const history = table.onConflict === 'history' ? { keepsHistory: true as const } : {}
      return [name, { columns: Object.fromEntries(columns), primaryKey: table.primaryKey, ...unique, ...history }]
    }),
  )
}
