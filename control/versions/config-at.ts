import { join } from 'node:path'
import type { ColumnConfig, Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { readParquet, sql } from '../../core/sql.ts'
import type { Layout } from '../layout.ts'
import type { DataFile } from '../ledger.ts'

/**
 * The config as it fits the data files of an older version: columns that have left the contract since come after its own,
 * and a column whose rows have another type keeps theirs. A column that was added since has NULL in its older rows.
 */
export async function configAt(
  engine: Engine,
  config: Config,
  layout: Layout,
  dataFiles: readonly DataFile[],
): Promise<Config> {
  const tables: Record<string, TableConfig> = {}
  for (const [name, table] of Object.entries(config.tables)) {
    const pathsOf = (layer: string) =>
      dataFiles
        .filter((file) => file.layer === layer && file.tableName === name)
        .map((file) => join(layout.lake, file.path))
    const typed = await describeFiles(engine, pathsOf('dw'))
    const text = await describeFiles(engine, pathsOf('ods'))
    const held = new Map([...[...text].map(([column]) => [column, 'VARCHAR'] as const), ...typed])
    tables[name] = { ...table, columns: mergeColumns(table.columns, held, typed) }
  }
  return { ...config, tables }
}

/** DuckDB types by column, over all of these files. */
async function describeFiles(engine: Engine, paths: readonly string[]): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map()
  const columns = await engine.rows<{ column_name: string; column_type: string }>(
    sql`describe select * from ${readParquet(paths)}`,
  )
  return new Map(
    columns.filter(({ column_name: name }) => !name.startsWith('_')).map((row) => [row.column_name, row.column_type]),
  )
}

function mergeColumns(
  contract: TableConfig['columns'],
  held: ReadonlyMap<string, string>,
  typed: ReadonlyMap<string, string>,
): TableConfig['columns'] {
  const merged = new Map<string, ColumnConfig>()
  for (const [name, column] of Object.entries(contract)) {
    const type = typed.get(name)
    merged.set(
      name,
      type === undefined || fits(type, column.type) ? column : { required: false, type: configType(type) },
    )
  }
  for (const [name, type] of held) {
    if (!merged.has(name)) merged.set(name, { required: false, type: configType(type) })
  }
  return Object.fromEntries(merged)
}

/** Whether every value of a DuckDB type has its place in a column of the contract. */
function fits(type: string, wanted: string): boolean {
  return configType(type) === wanted.replace(' ', '') || (type === 'INTEGER' && wanted === 'bigint')
}

/** The contract's word for a DuckDB type: `DECIMAL(10,2)` is `decimal(10,2)`, `VARCHAR` is `string`. */
function configType(type: string): string {
  return type === 'VARCHAR' ? 'string' : type.toLowerCase()
}
