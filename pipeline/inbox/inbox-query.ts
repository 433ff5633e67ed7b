import type { Lake } from '../../control/lake.ts'
import { defused, defuseText } from '../../core/defuse.ts'
import { ident, join, literal, type Sql, sql } from '../../core/sql.ts'
import { type EntryFiles, type InboxCsv, selectEntries } from './plan-inbox.ts'

/**
 * The open records of one upload as people get them: what droplake says of each, then the raw columns as they came, in the
 * upload's order; `_raw` comes last where a record could not be split. Cells that a spreadsheet would run are defused.
 */
export async function inboxQuery(lake: Lake, csv: InboxCsv, files: EntryFiles): Promise<Sql> {
  const entries = sql`(
    select * from (${selectEntries(lake, csv.columns, files)})
    where _status = 'open' and _file_id = ${literal(csv.fileId)})`
  const { unsplit } = await lake.engine.row<{ unsplit: number }>(sql`select count(_raw) as unsplit from ${entries}`)
  return sql`
    select ${entryCells(csv.columns, csv.extra, unsplit > 0)}
    from ${entries}
    order by _line`
}

/** What stands in a CSV of the quarantine for each entry. @param extra keys of `_extra` */
export function entryCells(columns: readonly string[], extra: readonly string[], hasRaw: boolean): Sql {
  const cells = cellsOf(columns, extra).filter(({ name }) => hasRaw || name !== RAW)
  return join(
    cells.map(({ value, name }) => sql`${value} as ${ident(name)}`),
    ', ',
  )
}

/** The last cell: the text of a record that could not be split. It is left out where there is none. */
export const RAW = '_raw'

/** The cells of an entry, in their order. */
export function cellsOf(columns: readonly string[], extra: readonly string[]): { value: Sql; name: string }[] {
  const cell = (value: Sql, name: string) => ({ value: defused(value), name })
  return [
    { value: sql`_id`, name: '_id' },
    { value: sql`_line`, name: '_line' },
    cell(sql`array_to_string(_rules, '; ')`, '_rules'),
    cell(sql`_reason`, '_reason'),
    ...columns.map((column) => cell(ident(column), column)),
    ...extra.map((name) => cell(sql`json_extract_string(_extra, ${literal(jsonPointer(name))})`, defuseText(name))),
    cell(sql`_raw`, RAW),
  ]
}

/** RFC 6901: the place of a key in an object. */
function jsonPointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
