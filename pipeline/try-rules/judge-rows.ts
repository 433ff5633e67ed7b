import { join } from 'node:path'
import { livePaths } from '../../control/catalog.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import { readRunNotes, startRun } from '../../control/run-folder.ts'
import { NO_FILES, tableFilesOf } from '../../control/table-rows.ts'
import { orderTables } from '../../core/config/order-tables.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { literal, readParquet, sql } from '../../core/sql.ts'
import { compileChecks, type InputFile, judgeRecords, recordRules, showTable, showTables } from '../dw/index.ts'
import { recordsOfRows } from './records-of-rows.ts'
import { NO_CHANGE, readChange, type TrialChange } from './trial-change.ts'

interface JudgedRows {
  readonly rows: number
  readonly quarantined: TrialChange
}

/** Judge the records behind the rows of each table as if all of them were loaded into an empty lake, in the order they came. */
export async function judgeRows(lake: Lake, real: Layout): Promise<ReadonlyMap<string, JudgedRows>> {
  const { tables } = lake.project.config
  const empty: Lake = { ...lake, state: { ...lake.state, dataFiles: [] } }
  await showTables(lake.engine, tables, () => NO_FILES)
  const run = await startRun(lake, await readRunNotes(real))
  const judged = new Map<string, JudgedRows>()
  for (const tableName of orderTables(tables) ?? [])
    judged.set(tableName, await judgeTable(lake, empty, run, tableName, tables[tableName] as TableConfig))
  return judged
}

async function judgeTable(
  lake: Lake,
  empty: Lake,
  run: Run,
  tableName: string,
  table: TableConfig,
): Promise<JudgedRows> {
  const { engine, layout, state, project } = lake
  if (livePaths(state, layout, 'dw', tableName).length === 0) return { rows: 0, quarantined: NO_CHANGE }
  const source = recordsOfRows(lake, tableName, table)
  const { records } = await engine.row<{ records: number }>(sql`select count(*) as records from ${source}`)
  const part = { name: 'rows', source, records, lines: null, hasExtra: true, isReturned: false }
  const rules = recordRules(table, await compileChecks(engine, table, run.startedAt))
  const files = await filesOf(lake, tableName)
  const input = { tableName, table, tables: project.config.tables, files, parts: [part], rules, repeated: new Map() }
  const { rows, changes, rejects } = await judgeRecords(empty, run, input)
  const written = [...rows, ...(changes === null ? [] : [changes])]
  await showTable(engine, tableName, table, tableFilesOf(written, layout, tableName))
  if (rejects === null) return { rows: records, quarantined: NO_CHANGE }
  const quarantined = await readChange(engine, readParquet([join(layout.lake, rejects.path)]))
  return { rows: records, quarantined }
}

/** All files that a table's rows came with, in the order in which they came. */
async function filesOf({ engine }: Lake, tableName: string): Promise<InputFile[]> {
  const rows = await engine.rows<{ file_id: string; name: string }>(sql`
    select file_id, arg_max(name, run_id) as name
    from lake.control.files
    where outcome = 'loaded' and table_name = ${literal(tableName)}
    group by file_id
    order by max(run_id), name`)
  return rows.map((row) => ({ fileId: row.file_id, name: row.name }))
}
