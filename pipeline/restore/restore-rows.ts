import { adoptDataFile, writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { BackupSource, OnRows } from '../../control/row-source.ts'
import { countTableRows } from '../../control/table-rows.ts'
import { raw, sql } from '../../core/sql.ts'
import { planInbox } from '../inbox/plan-inbox.ts'
import type { Change } from '../maintain/maintain.ts'
import { rebuildMarts } from '../maintain/rebuild-marts.ts'
import { accountForRows, writeRejects } from './account.ts'
import { withModestMemory } from './modest-memory.ts'
import { refuseRows } from './refuse.ts'
import { type Rehearsal, rehearse, withoutRefused } from './rehearse.ts'
import type { RestoreRequest } from './request.ts'
import { extraColumns, otherFiles, type Target, withTarget } from './target.ts'

/** What a restore has brought about. */
export interface RestoredRows {
  readonly table: string
  readonly rows: number
  readonly quarantined: number
  /** Marts whose tests failed over the restored rows: they stay as they were. */
  readonly heldBack: readonly string[]
  readonly rehearsal: Rehearsal
}

/**
 * Read and judge the rows of a source, make data files and marts of them, and say what the commit has to note. Nobody sees any of
 * it before.
 *
 * @throws {DroplakeError} BACKUP_DAMAGED, RESTORE_REFUSED
 */
export async function restoreRows(
  lake: Lake,
  run: Run,
  target: Target,
  source: BackupSource,
  request: RestoreRequest,
): Promise<RestoredRows & { readonly change: Change }> {
  const { tableName } = target
  const onRows: OnRows = (progress) => {
    lake.stop.throwIfAborted()
    request.onRows(progress)
  }
  const tables = withTarget(lake.project, tableName, target.table)
  const stage = { ...lake, tables, dataFiles: lake.state.dataFiles, folder: run.folder }
  const rehearsal = await withModestMemory(lake, () => rehearse(stage, target, source, { ...request, onRows }))
  refuseRows(source, rehearsal, request)
  const added = await adoptRows(lake, run, target, rehearsal)
  const rejects = await writeRejects(lake, run, target, rehearsal)
  const files = await accountForRows(lake, run, target, source, added, rejects)
  const kept = otherFiles(lake.state.dataFiles, tableName)
  const marts = await rebuildMarts(lake, run, [...kept, ...added])
  const gone = lake.state.dataFiles.filter((file) => !kept.includes(file))
  const rows = countTableRows(added, tableName, target.table)
  const orphans = rehearsal.orphans.reduce((sum, each) => sum + each.rows, 0)
  const { path, digest } = source
  const version = source.metadata?.version ?? null
  return {
    table: tableName,
    rows,
    quarantined: rejects?.rows ?? 0,
    heldBack: marts.heldBack,
    rehearsal,
    change: {
      entries: {
        ...marts.entries,
        files,
        dataFiles: [...added, ...(rejects === null ? [] : [rejects]), ...marts.dataFiles],
        removed: [...gone.map((file) => file.path), ...marts.removed],
        restores: [{ runId: run.runId, tableName, path, version, digest, rows, orphans }],
      },
      delivery: {
        ...marts.delivery,
        inbox: await planInbox(
          lake,
          lake.state.dataFiles,
          [...lake.state.dataFiles, ...(rejects === null ? [] : [rejects])],
          files,
        ),
      },
    },
  }
}

/** The accepted files become data files; where they have rows or columns that must not stay, they are written once more. */
async function adoptRows(lake: Lake, run: Run, target: Target, { parts, refused }: Rehearsal): Promise<DataFile[]> {
  const { tableName } = target
  const extra = extraColumns(target)
  const added: (DataFile | null)[] = []
  for (const [index, { path, rows }] of parts.entries()) {
    const file = { layer: 'dw' as const, tableName, part: `restore-${String(index + 1).padStart(4, '0')}` }
    if (refused === 0 && extra.length === 0) added.push(await adoptDataFile(lake, run, file, path, rows))
    else added.push(await writeDataFile(lake, run, file, withoutRefused([path], extra)))
  }
  added.push(await writeClosed(lake, run, target, parts))
  return added.filter((file) => file !== null)
}

/** Versions of rows that are no longer current, as `keys/write-changes.ts` notes them. */
async function writeClosed(
  lake: Lake,
  run: Run,
  { tableName, table }: Target,
  parts: Rehearsal['parts'],
): Promise<DataFile | null> {
  if (table.onConflict !== 'history' || parts.length === 0) return null
  const rows = withoutRefused(
    parts.map(({ path }) => path),
    [],
  )
  return writeDataFile(
    lake,
    run,
    { layer: 'closed', tableName, part: 'restore' },
    sql`
    select _file_id, _line, _valid_to, null::varchar as _by_file_id, null::bigint as _by_line, ${raw(String(run.runId))}::bigint as _run_id
    from (${rows})
    where _valid_to is not null
    order by _file_id, _line`,
  )
}
