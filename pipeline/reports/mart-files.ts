import { join as joinPath } from 'node:path'
import type { Engine } from '../../core/engine.ts'
import { ident, readParquet, type Sql, sql } from '../../core/sql.ts'

/** A mart as one version of the lake has it. */
export interface MartFile {
  readonly martName: string
  /** Relative to the lake folder. */
  readonly path: string
  readonly rows: number
  /** The run that computed it, and when that began. */
  readonly runId: number
  readonly madeAt: Date | null
  /** The version in which it became live. */
  readonly version: number
}

/**
 * The marts of a version, by name.
 *
 * @param catalog the name under which the engine has the lake's catalog
 */
export async function readMartFiles(engine: Engine, catalog: string, version: number): Promise<MartFile[]> {
  const control = (table: string) => ident(catalog, 'control', table)
  const rows = await engine.rows<{
    table_name: string
    path: string
    rows: number
    run_id: number
    started_at: Date | null
    added_in: number
  }>(sql`
    select table_name, path, rows, data_files.run_id, runs.started_at, added_in
    from ${control('data_files')} as data_files
    left join ${control('runs')} as runs using (run_id)
    where layer = 'app' and added_in <= ${version} and (removed_in is null or ${version} < removed_in)
    order by table_name`)
  return rows.map((row) => ({
    martName: row.table_name,
    path: row.path,
    rows: row.rows,
    runId: row.run_id,
    madeAt: row.started_at,
    version: row.added_in,
  }))
}

/** The rows of a mart, in its order. */
export function martRows(lakeFolder: string, mart: MartFile): Sql {
  return sql`select * from ${readParquet([joinPath(lakeFolder, mart.path)])}`
}
