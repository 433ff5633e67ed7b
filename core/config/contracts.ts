import { sqlTypeOf } from './column-types.ts'
import { type Config, completeTable, type TableConfig } from './schema.ts'

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

/** The contract that runs from `sinceRun` on loaded a table under, until the next period. */
export interface ContractPeriod {
  readonly sinceRun: number
  readonly contract: TableConfig
}

/** What the catalog keeps of a table's contract. Lakes of an earlier droplake have no periods until their next commit. */
export interface CatalogContract extends StoredContract {
  /** Oldest first. */
  readonly periods?: readonly ContractPeriod[]
}

/**
 * The contracts for the next catalog: each table keeps the periods that it has, and begins a new one where its contract
 * has changed. `verify` judges a row by the contract of the run that loaded it.
 *
 * @param before JSON of the catalog before; null for a new lake
 * @param runId the run that commits
 */
export function nextContracts(
  tables: Config['tables'],
  before: string | null,
  runId: number,
): Record<string, CatalogContract> {
  const known = JSON.parse(before ?? '{}') as Record<string, CatalogContract>
  return Object.fromEntries(
    Object.entries(contractsOf(tables)).map(([name, stored]) => {
      const contract = tables[name] as TableConfig
      const periods = Object.hasOwn(known, name) ? (known[name]?.periods ?? []) : []
      const isSame = JSON.stringify(periods.at(-1)?.contract) === JSON.stringify(contract)
      return [name, { ...stored, periods: isSame ? periods : [...periods, { sinceRun: runId, contract }] }]
    }),
  )
}

/** The periods of a table, oldest first. One that this droplake cannot read any more is left out, with those before it. */
export function contractPeriods(contracts: string | null, tableName: string): ContractPeriod[] {
  const known = JSON.parse(contracts ?? '{}') as Record<string, CatalogContract>
  const periods: ContractPeriod[] = []
  for (const { sinceRun, contract } of Object.hasOwn(known, tableName) ? (known[tableName]?.periods ?? []) : []) {
    try {
      periods.push({ sinceRun, contract: completeTable(contract) })
    } catch {
      periods.length = 0
    }
  }
  return periods
}
