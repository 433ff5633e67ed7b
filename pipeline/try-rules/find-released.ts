import { join } from 'node:path'
import { livePaths } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import { selectQuarantine } from '../../control/relations.ts'
import { readRunNotes, startRun } from '../../control/run-folder.ts'
import { tableFilesOf } from '../../control/table-rows.ts'
import { readParquet, sql } from '../../core/sql.ts'
import { loadTables, showTables } from '../dw/index.ts'
import { loadUploads } from '../ods/index.ts'
import { NO_CHANGE, readChange, type TrialChange } from './trial-change.ts'

/** Which entries of the quarantine a retry would release, by table; all of it is done in the scratch lake. */
export async function findReleased(
  lake: Lake,
  real: Layout,
  tableName: string | null,
): Promise<ReadonlyMap<string, TrialChange>> {
  const { tables } = lake.project.config
  await showTables(lake.engine, tables, (table) => tableFilesOf(lake.state.dataFiles, lake.layout, table))
  const run = await startRun(lake, await readRunNotes(real))
  const results = await loadTables(lake, run, await loadUploads(lake, run, []), { tableName, rule: null })
  const released = new Map(Object.keys(tables).map((table) => [table, NO_CHANGE]))
  for (const { tableName: name, outcomes } of results.tables) {
    if (outcomes === null) continue
    const pathsOf = (layer: 'rejects' | 'outcomes') => livePaths(lake.state, lake.layout, layer, name)
    const entries = sql`(
      select _entry.*
      from (${selectQuarantine([], pathsOf('rejects'), pathsOf('outcomes'))}) as _entry
      semi join (
        select _id from ${readParquet([join(lake.layout.lake, outcomes.path)])} where _status = 'released'
      ) using (_id))`
    released.set(name, await readChange(lake.engine, entries))
  }
  return released
}
