import type { TableConfig } from '../core/config/schema.ts'
import type { Engine } from '../core/engine.ts'
import { exactPath, literal, sql } from '../core/sql.ts'

/**
 * Columns in which a row may have no value, by what Parquet files say of themselves: also mandatory ones, in rows from before
 * the column was added or became mandatory.
 *
 * @param paths of the table's data files, absolute
 */
export async function findColumnsWithNulls(
  engine: Engine,
  table: TableConfig,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set()
  const rows = await engine.rows<{ name: string; files: number; nulls: number }>(sql`
    select path_in_schema as name, count(distinct file_name) as files, sum(coalesce(stats_null_count, num_values)) as nulls
    from parquet_metadata(${literal(paths.map(exactPath))})
    group by path_in_schema`)
  const filled = new Set(rows.filter((row) => row.files === paths.length && row.nulls === 0).map((row) => row.name))
  return new Set(Object.keys(table.columns).filter((name) => !filled.has(name)))
}
