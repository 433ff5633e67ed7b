import { type EntryFilter, withQuarantine } from '../../control/quarantine/open-quarantine.ts'
import type { Project } from '../../core/config/load-config.ts'
import { requireTable } from '../../core/config/require-table.ts'
import { defused } from '../../core/defuse.ts'
import type { EngineRow } from '../../core/engine.ts'
import { sql } from '../../core/sql.ts'
import { writeCsv } from '../deliver/csv-file.ts'
import { entryCells } from './inbox-query.ts'

/**
 * The open records of a table, whatever upload they came with, as one CSV: corrected and dropped into uploads, it is taken like
 * those of the inbox.
 *
 * @param path absolute, where to write it; null to get the rows
 * @returns how many records it has, and the rows when there is no path
 * @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_NOT_FOUND
 */
export async function exportQuarantine(
  project: Project,
  tableName: string,
  filter: EntryFilter,
  path: string | null,
): Promise<{ readonly records: number; readonly rows: readonly EngineRow[] | null }> {
  requireTable(project, tableName)
  const columns = Object.keys(project.config.tables[tableName]?.columns ?? {})
  return withQuarantine(project, async ({ versions: { engine }, entriesOf }) => {
    const entries = sql`(select * from (${entriesOf(tableName, filter)}) where _status = 'open')`
    const { records, unsplit } = await engine.row<{ records: number; unsplit: number }>(
      sql`select count(*) as records, count(_raw) as unsplit from ${entries}`,
    )
    const extra = await engine.rows<{ name: string }>(
      sql`select distinct unnest(json_keys(_extra)) as name from ${entries} where _extra is not null order by name`,
    )
    const names = extra.map(({ name }) => name).filter((name) => !name.startsWith('_'))
    const query = sql`
      select ${entryCells(columns, names, unsplit > 0)}, ${defused(sql`_file`)} as _file
      from ${entries}
      order by _run_id, _file, _line`
    if (path === null) return { records, rows: await engine.rows(query) }
    await writeCsv({ engine }, path, query)
    return { records, rows: null }
  })
}
