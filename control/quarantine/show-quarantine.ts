import type { Project } from '../../core/config/load-config.ts'
import { requireTable } from '../../core/config/require-table.ts'
import { ident, join, raw, sql } from '../../core/sql.ts'
import { type EntryFilter, withQuarantine } from './open-quarantine.ts'

/** A record in quarantine, as people look at it. */
export interface QuarantinedRecord {
  readonly id: string
  readonly status: 'open' | 'waiting'
  readonly file: string
  readonly line: number
  readonly runId: number
  readonly rules: readonly string[]
  readonly reason: string
  /** The table's columns as they came. */
  readonly values: Readonly<Record<string, string | null>>
  /** Columns that a broken rule names. */
  readonly badColumns: readonly string[]
  /** The text of a record that could not be split. */
  readonly raw: string | null
}

export interface ShownQuarantine {
  readonly table: string
  readonly columns: readonly string[]
  /** Records that match, of which the first `limit` are shown. */
  readonly total: number
  readonly records: readonly QuarantinedRecord[]
}

/** Open and waiting records of a table, oldest first. @throws {DroplakeError} TABLE_NOT_FOUND, LAKE_NOT_FOUND */
export async function showQuarantine(
  project: Project,
  tableName: string,
  filter: EntryFilter,
  limit: number,
): Promise<ShownQuarantine> {
  requireTable(project, tableName)
  const columns = Object.keys(project.config.tables[tableName]?.columns ?? {})
  return withQuarantine(project, async ({ versions, entriesOf }) => {
    const entries = sql`(select * from (${entriesOf(tableName, filter)}) where _status in ('open', 'waiting'))`
    const { total } = await versions.engine.row<{ total: number }>(sql`select count(*) as total from ${entries}`)
    const names = [...columns, '_id', '_status', '_file', '_line', '_run_id', '_rules', '_reason', '_raw']
    const rows = await versions.engine.rows(sql`
      select ${join(
        names.map((name) => ident(name)),
        ', ',
      )}
      from ${entries}
      order by _run_id, _file, _line
      limit ${raw(String(limit))}`)
    const records = rows.map((row) => ({
      id: row._id as string,
      status: row._status as QuarantinedRecord['status'],
      file: row._file as string,
      line: row._line as number,
      runId: row._run_id as number,
      rules: row._rules as string[],
      reason: row._reason as string,
      values: Object.fromEntries(columns.map((column) => [column, row[column] as string | null])),
      badColumns: columns.filter((column) => (row._rules as string[]).some((rule) => namesColumn(rule, column))),
      raw: row._raw as string | null,
    }))
    return { table: tableName, columns, total, records }
  })
}

/** Whether a rule's id, `required:employee_name` or `unique:a,b`, is about a column. */
function namesColumn(rule: string, column: string): boolean {
  const named = rule.slice(rule.indexOf(':') + 1)
  return rule.includes(':') && !rule.startsWith('check:') && (named === column || named.split(',').includes(column))
}
