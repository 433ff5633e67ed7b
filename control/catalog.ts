import { join } from 'node:path'
import { exists, listFolder } from '../core/durable-files.ts'
import type { Engine } from '../core/engine.ts'
import { DroplakeError, messageOf } from '../core/errors.ts'
import { sql } from '../core/sql.ts'
import { attachEmptyLedger, attachLedger } from './attach-ledger.ts'
import type { LakeState } from './lake.ts'
import type { Layer, Layout } from './layout.ts'
import { type DataFile, dataFileOf, LAKE_FORMAT } from './ledger.ts'

/** Absolute paths of the committed catalogs, oldest version first. */
export async function listCatalogs(layout: Layout): Promise<string[]> {
  const names = (await listFolder(layout.history)).filter((name) => /^\d{6,}\.duckdb$/.test(name))
  return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((name) => join(layout.history, name))
}

/** The newest committed catalog, or null for a lake without any. People never open this file for writing, so its bytes are ours. */
export async function newestCatalog(layout: Layout): Promise<string | null> {
  return (await listCatalogs(layout)).at(-1) ?? null
}

/** What a command answers that needs a lake, when no run has committed yet. */
export function lakeNotFound(layout: Layout): DroplakeError {
  return new DroplakeError('LAKE_NOT_FOUND', `there is no lake in "${layout.lake}" yet`, {
    hint: 'Drop files into uploads, then: droplake run',
  })
}

/**
 * Attach the newest catalog as `lake`, or an empty ledger where there is none yet, and read what the lake is made of.
 *
 * @throws {DroplakeError} LAKE_DAMAGED when the catalog cannot be read or is of a newer droplake
 */
export async function readLakeState(engine: Engine, layout: Layout): Promise<LakeState> {
  const catalogPath = await newestCatalog(layout)
  if (catalogPath === null) await refuseLostHistory(layout)
  if (catalogPath === null) {
    await attachEmptyLedger(engine)
    return { version: 0, lastRunId: 0, contracts: null, dataFiles: [], catalogPath }
  }
  try {
    await attachLedger(engine, catalogPath)
    const { format, version, contracts } = await engine.row<{ format: number; version: number; contracts: string }>(
      sql`select format, version, contracts from lake.control.lake`,
    )
    if (format > LAKE_FORMAT) throw newerFormat(layout, format)
    const { last } = await engine.row<{ last: number }>(
      sql`select coalesce(max(run_id), 0) as last from lake.control.runs`,
    )
    return { version, lastRunId: last, contracts, dataFiles: await liveDataFiles(engine), catalogPath }
  } catch (cause) {
    if (cause instanceof DroplakeError && ['LAKE_DAMAGED', 'STORAGE_FAILED'].includes(cause.code)) throw cause
    refuseOpenForWriting(cause, catalogPath)
    throw new DroplakeError('LAKE_DAMAGED', `the newest catalog "${catalogPath}" cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: 'Nothing was changed. "lake.duckdb" is a copy of it: droplake repair makes it again from that.',
    })
  }
}

/** Absolute paths of the live data files of one table, in the order they were added. */
export function livePaths(state: LakeState, layout: Layout, layer: Layer, tableName: string): string[] {
  return state.dataFiles
    .filter((file) => file.layer === layer && file.tableName === tableName)
    .map((file) => join(layout.lake, file.path))
}

async function liveDataFiles(engine: Engine): Promise<DataFile[]> {
  const rows = await engine.rows(sql`
    select path, layer, table_name, run_id, rows, bytes, sha256, fingerprint, added_in
    from lake.control.data_files
    where removed_in is null
    order by added_in, path`)
  return rows.map(dataFileOf)
}

/** A catalog is published only after it stands in the history: without one there, a run would begin the lake anew. */
async function refuseLostHistory(layout: Layout): Promise<void> {
  if (!(await exists(layout.catalog))) return
  throw new DroplakeError(
    'LAKE_DAMAGED',
    `"${layout.history}" has no catalog, but there is a lake: "${layout.catalog}"`,
    {
      hint: 'Nothing was changed. Put the folder back; or let droplake repair make its newest catalog again from that file.',
    },
  )
}

/**
 * Someone opened a catalog of the history for writing, which locks it.
 *
 * @throws {DroplakeError} LAKE_BUSY, when that is the cause
 */
export function refuseOpenForWriting(cause: unknown, path: string): void {
  if (!messageOf(cause).includes('Could not set lock')) return
  const processId = /\(PID (\d+)\)/.exec(messageOf(cause))?.[1]
  throw new DroplakeError(
    'LAKE_BUSY',
    `"${path}" is open for writing${processId === undefined ? '' : ` in process ${processId}`}`,
    {
      cause,
      hint: 'Close it there; to look into the history, open its files with duckdb -readonly.',
    },
  )
}

function newerFormat(layout: Layout, format: number): DroplakeError {
  return new DroplakeError(
    'LAKE_DAMAGED',
    `"${layout.lake}" has format ${format}; this droplake knows formats up to ${LAKE_FORMAT}`,
    {
      hint: 'Use the newer droplake that wrote it.',
    },
  )
}
