import type { Lake } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { tableFilesOf } from '../../control/table-rows.ts'
import { sql } from '../../core/sql.ts'
import { showTables } from '../dw/index.ts'

/** Views `dw.<table>` over these data files; those of another version that were there before are gone. */
export async function showDwFiles(lake: Lake, dwFiles: readonly DataFile[]): Promise<void> {
  await lake.engine.run(sql`drop schema if exists memory.dw cascade`)
  await showTables(lake.engine, lake.project.config.tables, (table) => tableFilesOf(dwFiles, lake.layout, table))
}
