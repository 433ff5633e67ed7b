import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import type { DataFile } from '../../control/ledger.ts'
import type { BackupSource } from '../../control/row-source.ts'
import { countTableRows } from '../../control/table-rows.ts'
import { withVersions } from '../../control/versions/open-versions.ts'
import { liveFilesAt } from '../../control/versions/show-version.ts'
import type { Project } from '../../core/config/load-config.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { removePath } from '../../core/durable-files.ts'
import { literal, sql } from '../../core/sql.ts'
import { withModestMemory } from './modest-memory.ts'
import { refuseMisfit } from './refuse.ts'
import { type Rehearsal, rehearse } from './rehearse.ts'
import type { RestoreRequest } from './request.ts'
import { makeTarget, tableNames, targetTable, withTarget } from './target.ts'

/** What a restore would do. */
export interface RestorePlan {
  readonly table: string
  readonly path: string
  /** What the file says of itself; null for one of another program. */
  readonly backup: BackupSource['metadata']
  readonly rowsNow: number
  readonly hasLineage: boolean
  /** Optional columns that the file lacks, and fields that no column takes. */
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  /** Null when the rows were not looked at. */
  readonly rehearsal: Rehearsal | null
}

/**
 * What `restore` would do, without doing it.
 *
 * @param isThorough read the file to its end and judge its rows, too
 * @throws {DroplakeError} as `restore`, but for rows: what they break is in the plan
 */
export async function planRestore(
  project: Project,
  request: RestoreRequest,
  isThorough: boolean,
): Promise<RestorePlan> {
  return withVersions(project, async (versions) => {
    const { engine, layout, newest } = versions
    const dataFiles = await liveFilesAt(versions, newest)
    const { name, table } = targetTable(project, request.table, request.as, tableNames(dataFiles))
    const source = await request.openSource(table)
    const folder = await mkdtemp(joinPath(tmpdir(), 'droplake-restore-'))
    try {
      refuseMisfit(name, table, source)
      const tables = withTarget(project, name, table)
      const options = { runId: 0, startedAt: new Date(), keepsRecords: request.quarantine }
      const target = await makeTarget(engine, name, table, source, options)
      await engine.run(sql`set temp_directory = ${literal(joinPath(folder, 'spill'))}`)
      const stage = { engine, stop: new AbortController().signal, layout, tables, dataFiles, folder }
      const rehearsal = isThorough
        ? await withModestMemory({ engine, project }, () => rehearse(stage, target, source, request))
        : null
      return planOf(name, table, source, dataFiles, rehearsal)
    } finally {
      await source.close()
      await removePath(folder)
    }
  })
}

function planOf(
  table: string,
  config: TableConfig,
  source: BackupSource,
  dataFiles: readonly DataFile[],
  rehearsal: Rehearsal | null,
): RestorePlan {
  const { path, metadata, hasLineage, missing, surplus } = source
  const rowsNow = countTableRows(dataFiles, table, config)
  return { table, path, backup: metadata, rowsNow, hasLineage, missing, surplus, rehearsal }
}
