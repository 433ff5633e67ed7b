// The only writer of catalogs: lake/history/<version>.duckdb and lake/lake.duckdb.
import { join } from 'node:path'
import { nextContracts } from '../core/config/contracts.ts'
import {
  copyToNewFile,
  ensureFolder,
  exists,
  listFolder,
  publishFile,
  removePath,
  syncFile,
  syncFolder,
} from '../core/durable-files.ts'
import { ident, literal, sql } from '../core/sql.ts'
import { createLedger } from './attach-ledger.ts'
import { listCatalogs } from './catalog.ts'
import type { Lake } from './lake.ts'
import { historyPath, type Layout } from './layout.ts'
import { LAKE_FORMAT, type LedgerEntries } from './ledger.ts'
import { migrateCatalog } from './migrate.ts'
import { replaceViews } from './views.ts'
import { writeLedger } from './write-ledger.ts'

/** The name under which a catalog is attached while it is made. */
const NEXT = 'next_catalog'

/**
 * Make a run's work visible: write the next catalog, and give it its name in `lake/history/` with one rename. That
 * rename is the commit point (docs/adr/0001). A run that changed no data keeps the version and only adds to the ledger.
 *
 * @param entries `runs` of this run get the new version
 * @returns the lake's version from now on
 * @throws whatever the file system throws; the lake is as it was then
 */
export async function commitCatalog(lake: Lake, entries: LedgerEntries): Promise<number> {
  const { layout, state } = lake
  const isNewVersion = entries.dataFiles.length > 0 || entries.removed.length > 0
  const version = state.version + (isNewVersion ? 1 : 0)
  const committed = historyPath(layout, version)
  const beside = `${committed}.part`
  await ensureFolder(layout.history)
  await writeCatalog(lake, beside, version, entries)
  await publishNewCatalog(beside, committed, isNewVersion)
  return version
}

/** What is not sure to last must not be seen: a new version whose folder cannot be synced is taken back. */
async function publishNewCatalog(beside: string, committed: string, isNewVersion: boolean): Promise<void> {
  try {
    await publishFile(beside, committed)
  } catch (error) {
    const isRenamed = !(await exists(beside))
    // Without a new version only entries in the ledger are at stake; the file that they replaced is gone.
    if (isRenamed && !isNewVersion) return
    if (isRenamed) await removePath(committed)
    throw error
  }
}

/**
 * Put a committed version where people open it: `lake.duckdb` is a copy, so that whatever they do to it stays theirs.
 * A `.wal` that someone's CLI left there would be replayed onto the new file: it goes.
 */
export async function publishCatalog(lake: Lake, version: number): Promise<void> {
  const { layout } = lake
  const beside = `${layout.catalog}.part`
  await copyToNewFile(historyPath(layout, version), beside)
  await removePath(`${layout.catalog}.wal`)
  await publishFile(beside, layout.catalog)
  await pruneHistory(layout, lake.project.config.history.keepCatalogs)
}

async function writeCatalog(lake: Lake, path: string, version: number, entries: LedgerEntries): Promise<void> {
  const { engine, state } = lake
  await removePath(path)
  await removePath(`${path}.wal`)
  if (state.catalogPath !== null) await copyToNewFile(state.catalogPath, path)
  await engine.run(sql`attach ${literal(path)} as ${ident(NEXT)}`)
  try {
    if (state.catalogPath !== null) await migrateCatalog(engine, NEXT)
    // One transaction, because each has its own fsync; the file is not seen before it is whole, either way.
    await engine.transaction(async () => {
      if (state.catalogPath === null) await createLedger(engine, NEXT)
      await fillCatalog(lake, version, entries)
    })
    await engine.run(sql`checkpoint ${ident(NEXT)}`)
  } finally {
    await engine.run(sql`detach ${ident(NEXT)}`)
  }
  await syncFile(path)
}

async function fillCatalog(lake: Lake, version: number, entries: LedgerEntries): Promise<void> {
  const { engine, layout, state, project } = lake
  const table = ident(NEXT, 'control', 'lake')
  const lastRun = entries.runs.reduce((last, run) => Math.max(last, run.runId), state.lastRunId)
  const contracts = JSON.stringify(nextContracts(project.config.tables, state.contracts, lastRun))
  await engine.run(sql`delete from ${table}`)
  await engine.run(
    sql`insert into ${table} values (${LAKE_FORMAT}, ${project.config.name}, ${version}, ${layout.lake}, ${contracts})`,
  )
  const runs = entries.runs.map((run) => (run.status === 'committed' ? { ...run, version } : run))
  await writeLedger(engine, NEXT, { ...entries, runs }, version)
  const removed = new Set(entries.removed)
  const live = [...state.dataFiles.filter((file) => !removed.has(file.path)), ...entries.dataFiles]
  await replaceViews(engine, NEXT, project.config, layout, live)
}

/** Take away catalogs beyond the newest few, and what a killed run left half written. */
async function pruneHistory(layout: Layout, keep: number): Promise<void> {
  const unfinished = (await listFolder(layout.history)).filter((name) => /\.part(\.wal)?$/.test(name))
  const surplus = (await listCatalogs(layout)).slice(0, -keep)
  for (const path of [...unfinished.map((name) => join(layout.history, name)), ...surplus]) await removePath(path)
  await syncFolder(layout.history)
}
