import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Project } from '../../core/config/load-config.ts'
import { copyToNewFile, exists } from '../../core/durable-files.ts'
import { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { literal, sql } from '../../core/sql.ts'
import { isAtWork } from '../at-work.ts'
import { attachLedger } from '../attach-ledger.ts'
import { lakeNotFound, listCatalogs } from '../catalog.ts'
import { type CatalogContent, readCatalogContent } from '../catalog-content.ts'
import { type Layout, layoutOf } from '../layout.ts'
import { type RunNote, readRunNotes } from '../run-folder.ts'
import { isNeededSince, readOldestVersion, readStoredFiles, type StoredFile } from '../stored-files.ts'

/** A catalog file and what it says, or why it cannot be read. */
export interface CatalogFile {
  readonly path: string
  /** The version that its name says; null for `lake.duckdb`. */
  readonly namedVersion: number | null
  readonly content: CatalogContent | null
  readonly error: string | null
}

/** A lake while it is looked at. Everything comes from one catalog, so that it is the state of one version. */
export interface Verification {
  readonly project: Project
  readonly layout: Layout
  /** An engine in memory with the newest readable catalog attached as `lake`. */
  readonly engine: Engine
  readonly version: number
  /** False when the newest version's catalog cannot be read, nor a copy of it: what it added is unknown then. */
  readonly isNewest: boolean
  /** The first version that vacuum has kept. */
  readonly oldestVersion: number
  /** Catalogs of the history, oldest first. */
  readonly history: readonly CatalogFile[]
  /** `lake.duckdb`, read from a copy, so that nobody who has it open is disturbed; null when it is not there. */
  readonly published: CatalogFile | null
  /** Every data file that the ledger knows. */
  readonly stored: readonly StoredFile[]
  /** Those of them that a kept version needs. */
  readonly needed: readonly StoredFile[]
  /** Runs with a folder in staging. */
  readonly notes: readonly (RunNote & { readonly isAtWork: boolean })[]
}

/**
 * Open a lake for looking at it: nothing is changed and no lock is taken that a run or a reader would meet.
 *
 * @throws {DroplakeError} LAKE_NOT_FOUND, and LAKE_DAMAGED when not one of its catalogs can be read
 */
export async function withVerification<Result>(
  project: Project,
  work: (verification: Verification) => Promise<Result>,
): Promise<Result> {
  const layout = layoutOf(project)
  const scratch = await mkdtemp(join(tmpdir(), 'droplake-verify-'))
  try {
    const copy = join(scratch, 'lake.duckdb')
    // Notes first: a run that commits meanwhile is then still known as one at work.
    const notes = await readNotes(layout)
    const history = await readHistory(layout)
    const published = await readPublished(layout, copy)
    const readable = newestReadable(history, published, copy)
    if (readable === undefined) throw noCatalog(layout, history, published)
    const engine = await Engine.open({ path: ':memory:', ...engineOptions(project) })
    try {
      await engine.run(sql`set temp_directory = ${literal(join(scratch, 'spill'))}`)
      await attachLedger(engine, readable)
      const { version } = await engine.row<{ version: number }>(sql`select version from lake.control.lake`)
      const oldestVersion = await readOldestVersion(engine, 'lake')
      const stored = await readStoredFiles(engine, 'lake')
      const needed = stored.filter((file) => isNeededSince(file, oldestVersion))
      const isNewest = version >= (history.at(-1)?.namedVersion ?? 0)
      const found = { engine, version, isNewest, oldestVersion, history, published, stored, needed, notes }
      return await work({ project, layout, ...found })
    } finally {
      engine.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The catalog to go by: the newest of the history that can be read, or `lake.duckdb` when that is newer still. */
function newestReadable(
  history: readonly CatalogFile[],
  published: CatalogFile | null,
  copy: string,
): string | undefined {
  const newest = history.findLast((catalog) => catalog.content !== null)
  const isCopyNewer = (published?.content?.version ?? -1) > (newest?.content?.version ?? -1)
  return isCopyNewer ? copy : newest?.path
}

function engineOptions(project: Project) {
  return { threads: project.config.engine.threads, memoryLimit: project.config.engine.memoryLimit }
}

/** Runs with a folder in staging, and whether they are at work. */
export async function readNotes(layout: Layout): Promise<Verification['notes']> {
  const notes = await readRunNotes(layout)
  return Promise.all(notes.map(async (note) => ({ ...note, isAtWork: await isAtWork(layout, note) })))
}

async function readHistory(layout: Layout): Promise<CatalogFile[]> {
  const catalogs: CatalogFile[] = []
  for (const path of await listCatalogs(layout)) {
    const catalog = await readCatalogFile(path, Number.parseInt(basename(path), 10))
    // A run takes away the oldest ones: one that is gone by now was no part of the lake any more.
    if (catalog.content !== null || (await exists(path))) catalogs.push(catalog)
  }
  return catalogs
}

async function readPublished(layout: Layout, copy: string): Promise<CatalogFile | null> {
  if (!(await exists(layout.catalog))) return null
  try {
    await copyToNewFile(layout.catalog, copy)
  } catch (error) {
    return { path: layout.catalog, namedVersion: null, content: null, error: messageOf(error) }
  }
  return { ...(await readCatalogFile(copy, null)), path: layout.catalog }
}

async function readCatalogFile(path: string, namedVersion: number | null): Promise<CatalogFile> {
  try {
    return { path, namedVersion, content: await readCatalogContent(path), error: null }
  } catch (error) {
    return { path, namedVersion, content: null, error: messageOf(error).split('\n', 1)[0] ?? '' }
  }
}

function noCatalog(layout: Layout, history: readonly CatalogFile[], published: CatalogFile | null): DroplakeError {
  if (history.length === 0 && published === null) return lakeNotFound(layout)
  const errors = [...history, ...(published === null ? [] : [published])].map(({ path, error }) => `${path}: ${error}`)
  return new DroplakeError('LAKE_DAMAGED', ['no catalog of the lake can be read:', ...errors].join('\n  '), {
    hint: 'Nothing was changed. Put back lake/history/ from a backup of yours; the Parquet files hold the data.',
  })
}
