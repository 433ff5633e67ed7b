import type { Lake } from '../../control/lake.ts'
import { ident, join, literal, type Sql, sql } from '../../core/sql.ts'
import { cellsOf, RAW } from './inbox-query.ts'
import { type InboxCsv, selectEntries } from './plan-inbox.ts'

/** More records than these are not held at once: to read data files once more for them costs little beside writing them. */
const MOST_RECORDS = 100_000

/**
 * Read the open records of many uploads in one go: a look into the data files for each CSV took most of the time of a run with many
 * (1,000 uploads with a bad record each: 20 s, 10 s gathered, 2026-11).
 *
 * @returns what `inboxQuery` gives, for the CSVs that could be gathered; the others are read one by one
 */
export async function gatherInbox(lake: Lake, csvs: readonly InboxCsv[]): Promise<ReadonlyMap<InboxCsv, Sql>> {
  const queries = new Map<InboxCsv, Sql>()
  for (const [index, group] of groupsAlike(csvs).entries()) {
    const open = group.reduce((sum, csv) => sum + csv.open, 0)
    if (group.length > 1 && open <= MOST_RECORDS) await gatherGroup(lake, ident(`inbox_${index}`), group, queries)
  }
  return queries
}

/** CSVs of one table with the same cells. */
function groupsAlike(csvs: readonly InboxCsv[]): InboxCsv[][] {
  const groups = new Map<string, InboxCsv[]>()
  for (const csv of csvs) {
    if (csv.open === 0) continue
    const key = JSON.stringify([csv.tableName, csv.columns, csv.extra])
    groups.set(key, [...(groups.get(key) ?? []), csv])
  }
  return [...groups.values()]
}

/** Two names of a file may differ in case alone, which columns of a table must not: cells are numbered in between. */
async function gatherGroup(
  lake: Lake,
  table: Sql,
  group: readonly InboxCsv[],
  queries: Map<InboxCsv, Sql>,
): Promise<void> {
  const [{ columns, extra }] = group as [InboxCsv]
  const cells = cellsOf(columns, extra).map(({ value, name }, index) => ({ value, name, at: ident(`cell_${index}`) }))
  const distinct = (layer: 'rejects' | 'outcomes') => [...new Set(group.flatMap(({ after }) => after[layer]))]
  const entries = selectEntries(lake, columns, { rejects: distinct('rejects'), outcomes: distinct('outcomes') })
  const fileIds = group.map(({ fileId }) => fileId)
  const numbered = join(
    cells.map(({ value, at }) => sql`${value} as ${at}`),
    ', ',
  )
  await lake.engine.run(sql`
    create or replace temp table ${table} as
    select _file_id as file_id, _line as line, _raw is not null as is_unsplit, ${numbered}
    from (${entries})
    where _status = 'open' and list_contains(${literal(fileIds)}::varchar[], _file_id)
    order by _file_id, _line`)
  const unsplit = await lake.engine.rows<{ file_id: string }>(
    sql`select distinct file_id from ${table} where is_unsplit`,
  )
  const hasRaw = new Set(unsplit.map((row) => row.file_id))
  for (const csv of group) {
    const shown = cells.filter(({ name }) => name !== RAW || hasRaw.has(csv.fileId))
    const named = join(
      shown.map(({ at, name }) => sql`${at} as ${ident(name)}`),
      ', ',
    )
    queries.set(csv, sql`select ${named} from ${table} where file_id = ${literal(csv.fileId)} order by line`)
  }
}
