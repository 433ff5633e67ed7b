// Writes Parquet data files under names that nobody uses yet; the catalog makes them visible later.
import { stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import {
  ensureFolder,
  exists,
  hashFile,
  listFolder,
  moveFile,
  removePath,
  syncFile,
  syncFolder,
} from '../core/durable-files.ts'
import { DroplakeError } from '../core/errors.ts'
import { exactPath, literal, type Sql, sql } from '../core/sql.ts'
import type { Lake, Run } from './lake.ts'
import { LAYERS, type Layer, type Layout, paddedNumber } from './layout.ts'
import type { DataFile } from './ledger.ts'

/** Columns of more than 2,000 values in a row group get no dictionary: trying one took a seventh of the write (2026-11). */
const ZSTD = 'format parquet, compression zstd, compression_level 1, dictionary_size_limit 2000'

/** DuckDB's options of a Parquet file. Marts are Snappy, so that old readers open them too. */
const PARQUET_OPTIONS: Record<Layer, string> = {
  ods: ZSTD,
  dw: ZSTD,
  replaced: ZSTD,
  closed: ZSTD,
  rejects: ZSTD,
  outcomes: ZSTD,
  app: 'format parquet, compression snappy',
}

/** What writing files takes of a lake; one that is open for reading has it, too. */
export type Bench = Pick<Lake, 'engine' | 'stop'>

export interface NewDataFile {
  readonly layer: Layer
  readonly tableName: string
  /** Tells apart several files of one run and table. */
  readonly part?: string
  readonly fingerprint?: string
}

/**
 * Write a query's rows as a data file of this run and make it last.
 * Every name begins with the run's number, so that an interrupted run can be undone by name alone.
 *
 * @returns null when the query has no rows and the layer is not `app`; nothing is left on disk then
 */
export async function writeDataFile(lake: Lake, run: Run, file: NewDataFile, query: Sql): Promise<DataFile | null> {
  const path = await newPath(lake, run, file)
  const rows = await stageDataFile(lake, file.layer, path, query)
  return makeLast(lake, run, file, path, rows)
}

/**
 * Give a file of `stageDataFile` its place among the data files and make it last.
 *
 * @param rows how many `stageDataFile` counted
 * @returns null when it has no rows
 */
export async function adoptDataFile(
  lake: Lake,
  run: Run,
  file: NewDataFile,
  staged: string,
  rows: number,
): Promise<DataFile | null> {
  const path = await newPath(lake, run, file)
  await moveFile(staged, path)
  return makeLast(lake, run, file, path, rows)
}

/**
 * Write a query's rows as Parquet, as the data files of a layer are; nothing is made to last.
 *
 * @param path one of `engine.paths.issue`
 * @returns the number of rows
 */
export async function stageDataFile(lake: Bench, layer: Layer, path: string, query: Sql): Promise<number> {
  lake.stop.throwIfAborted()
  try {
    await lake.engine.copyToParquet(query, path, PARQUET_OPTIONS[layer])
  } catch (error) {
    // A COPY that fails leaves an empty file (seen on 1.5.6).
    await removePath(path)
    throw error
  }
  return countRows(lake, path)
}

async function newPath(lake: Lake, run: Run, { layer, tableName, part }: NewDataFile): Promise<string> {
  const folder = join(lake.layout.lake, layer, tableName)
  const path = lake.engine.paths.issue(folder, [paddedNumber(run.runId), part].filter(Boolean).join('-'))
  await ensureFolder(folder)
  if (!(await exists(path))) return path
  throw new DroplakeError('LAKE_DAMAGED', `"${path}" is there already; expected a name that no run has used`, {
    hint: 'Nothing was committed. The ledger in lake/history is older than the data files: put the newer one back.',
  })
}

async function countRows(lake: Bench, path: string): Promise<number> {
  const { rows } = await lake.engine.row<{ rows: number }>(
    sql`select num_rows as rows from parquet_file_metadata(${literal(exactPath(path))})`,
  )
  return rows
}

async function makeLast(lake: Lake, run: Run, file: NewDataFile, path: string, rows: number): Promise<DataFile | null> {
  if (rows === 0 && file.layer !== 'app') {
    await removePath(path)
    return null
  }
  try {
    await syncFile(path)
    await syncFolder(dirname(path))
  } catch (error) {
    // What could not be synced must not be taken for whole.
    await removePath(path)
    throw error
  }
  const { size } = await stat(path)
  return {
    path: relative(lake.layout.lake, path).split(sep).join('/'),
    layer: file.layer,
    tableName: file.tableName,
    runId: run.runId,
    rows,
    bytes: size,
    sha256: await hashFile(path, lake.stop),
    fingerprint: file.fingerprint ?? null,
    addedIn: lake.state.version + 1,
  }
}

/** What tells a data file apart from others of its run, layer and table (`NewDataFile.part`); undefined for the one without. */
export function partOf(path: string): string | undefined {
  return /(?:^|\/)\d+(?:-([^/]+?))?(?:\.\d+)?\.parquet$/.exec(path)?.[1]
}

/** Take away a data file that was written in this run and is not wanted after all. */
export async function removeDataFile(layout: Layout, file: DataFile): Promise<void> {
  await removePath(join(layout.lake, file.path))
}

/** Take away every data file that a run wrote; for a run that did not commit. */
export async function removeDataFilesOf(layout: Layout, runId: number): Promise<void> {
  const mark = paddedNumber(runId)
  for (const layer of LAYERS) {
    for (const table of await listFolder(join(layout.lake, layer))) {
      const folder = join(layout.lake, layer, table)
      const names = (await listFolder(folder)).filter(
        (name) => name.startsWith(`${mark}.`) || name.startsWith(`${mark}-`),
      )
      for (const name of names) await removePath(join(folder, name))
    }
  }
}
