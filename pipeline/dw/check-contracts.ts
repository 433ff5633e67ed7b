import { livePaths } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import { selectCurrent, tableFilesOf } from '../../control/table-rows.ts'
import { type CatalogContract, contractsOf, type StoredContract } from '../../core/config/contracts.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'
import { ident, join, raw, readParquet, sql } from '../../core/sql.ts'

/** Types whose every value another type holds, too. */
const WIDENINGS = new Set(['integer → bigint'])

/**
 * Hold the config against the rows that the lake has already, where it differs from the config that loaded them:
 * a column may come or go, but not change its type, nor a key become one that those rows do not have.
 *
 * @throws {DroplakeError} CONTRACT_CONFLICT, a line per fault; before any work
 */
export async function checkContracts(lake: Lake): Promise<void> {
  const stored = JSON.parse(lake.state.contracts ?? '{}') as Record<string, CatalogContract>
  const faults: string[] = []
  for (const [tableName, contract] of Object.entries(contractsOf(lake.project.config.tables))) {
    const before = Object.hasOwn(stored, tableName) ? withoutPeriods(stored[tableName]) : undefined
    if (JSON.stringify(before) === JSON.stringify(contract)) continue
    faults.push(...renamedTable(lake, tableName), ...(await changedTable(lake, tableName, before, contract)))
  }
  if (faults.length === 0) return
  throw new DroplakeError(
    'CONTRACT_CONFLICT',
    ['the config does not fit the rows that the lake has:', ...faults].join('\n  '),
    {
      details: { faults },
      hint: 'Take the change back, or give the table another name and load it anew.',
    },
  )
}

function withoutPeriods(contract: CatalogContract | undefined): StoredContract | undefined {
  if (contract === undefined) return undefined
  const { periods: _, ...stored } = contract
  return stored
}

/** SQL names know no upper and lower case: `Jobs` would be `jobs` to a reader, and another table to us. */
function renamedTable(lake: Lake, tableName: string): string[] {
  const other = lake.state.dataFiles.find(
    (file) => file.tableName !== tableName && file.tableName.toLowerCase() === tableName.toLowerCase(),
  )
  return other === undefined
    ? []
    : [`tables.${tableName}: the lake has a table "${other.tableName}"; names that differ in case alone are the same.`]
}

/** @param before undefined when the last run's config did not have the table; its rows may be there all the same */
async function changedTable(
  lake: Lake,
  tableName: string,
  before: StoredContract | undefined,
  now: StoredContract,
): Promise<string[]> {
  const paths = livePaths(lake.state, lake.layout, 'dw', tableName)
  if (paths.length === 0) return []
  const rows = readParquet(paths)
  const described = await lake.engine.rows<{ column_name: string; column_type: string }>(
    sql`describe select * from ${rows}`,
  )
  const held = new Map(described.map((column) => [column.column_name, column.column_type.toLowerCase()]))
  const faults = Object.entries(now.columns).flatMap(([column, type]) => {
    const heldType = held.get(column)
    const wanted = type.replace(' ', '')
    if (heldType === undefined || heldType === wanted || WIDENINGS.has(`${heldType} → ${wanted}`)) return []
    return [`tables.${tableName}.columns.${column}: the rows are ${heldType}, the config says ${wanted}.`]
  })
  const missing = now.primaryKey.filter((column) => !held.has(column))
  if (missing.length > 0)
    return [
      ...faults,
      `tables.${tableName}.primaryKey: the rows have no column ${missing.map((column) => `"${column}"`).join(', ')}.`,
    ]
  if (faults.length > 0) return faults
  const knownKeys = [before?.primaryKey, ...(before?.unique ?? [])].map((key) => JSON.stringify(key))
  for (const key of [now.primaryKey, ...(now.unique ?? [])]) {
    const isPrimary = key === now.primaryKey
    if (isPrimary ? knownKeys[0] === JSON.stringify(key) : knownKeys.includes(JSON.stringify(key))) continue
    faults.push(...(await keyFaults(lake, tableName, key, isPrimary)))
  }
  return faults
}

/** Whether no two current rows share the values of a key; where one is missing, only a primary key counts. */
async function keyFaults(lake: Lake, tableName: string, key: readonly string[], isPrimary: boolean): Promise<string[]> {
  const files = tableFilesOf(lake.state.dataFiles, lake.layout, tableName)
  const table = lake.project.config.tables[tableName] as TableConfig
  const columns = join(
    key.map((column) => ident(column)),
    ', ',
  )
  const { rows, keys } = await lake.engine.row<{ rows: number; keys: number }>(sql`
    with
    _rows as (${selectCurrent(table, files)}),
    _whole as (select ${columns} from _rows where not ${anyNull(key)})
    select
      (select count(*) from ${raw(isPrimary ? '_rows' : '_whole')}) as rows,
      (select count(*) from (select distinct ${columns} from _whole)) as keys`)
  if (rows === keys) return []
  const place = isPrimary ? 'primaryKey' : 'unique'
  return [`tables.${tableName}.${place}: ${rows} rows have only ${keys} different keys (${key.join(', ')}).`]
}

function anyNull(columns: readonly string[]) {
  return sql`(${join(
    columns.map((column) => sql`${ident(column)} is null`),
    ' or ',
  )})`
}
