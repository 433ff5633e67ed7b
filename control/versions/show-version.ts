import { ident, sql } from '../../core/sql.ts'
import { isLiveIn, readStoredFiles, type StoredFile } from '../stored-files.ts'
import { replaceViews } from '../views.ts'
import { configAt } from './config-at.ts'
import { requireVersion, type Versions } from './open-versions.ts'

/** The data files of a version, in the order they were added. */
export async function liveFilesAt({ engine }: Versions, version: number): Promise<StoredFile[]> {
  return (await readStoredFiles(engine, 'lake')).filter((file) => isLiveIn(file, version))
}

/**
 * Make the views of a version in the engine, under the names that they have in a catalog: `dw.<table>` and so on. The
 * control tables are today's: they tell of every version.
 *
 * @throws {DroplakeError} VERSION_NOT_FOUND, VERSION_VACUUMED
 */
export async function showVersion(versions: Versions, version: number): Promise<void> {
  requireVersion(version, versions)
  const { engine, layout, project } = versions
  for (const schema of ['ods', 'dw', 'app', 'quarantine', 'control'])
    await engine.run(sql`create schema ${ident('memory', schema)}`)
  const dataFiles = await liveFilesAt(versions, version)
  const config = await configAt(engine, project.config, layout, dataFiles)
  await replaceViews(engine, 'memory', config, layout, dataFiles)
  const tables = await engine.rows<{ name: string }>(
    sql`select table_name as name from duckdb_tables() where database_name = 'lake' and schema_name = 'control'`,
  )
  for (const { name } of tables) {
    await engine.run(
      sql`create view ${ident('memory', 'control', name)} as select * from ${ident('lake', 'control', name)}`,
    )
  }
}
