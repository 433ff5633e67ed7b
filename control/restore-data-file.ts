import { dirname, join } from 'node:path'
import { ensureFolder, hashFile, publishFile, removePath, syncFile } from '../core/durable-files.ts'
import type { Sql } from '../core/sql.ts'
import { stageDataFile } from './data-files.ts'
import type { Lake, Run } from './lake.ts'
import type { DataFile } from './ledger.ts'

/**
 * Write a damaged data file again, under its own name, if a query gives the very bytes that were recorded: SHA-256 is the
 * proof. Every version that needs the file is whole again then. Otherwise nothing is changed.
 *
 * @returns whether the bytes were the same
 */
export async function restoreDataFile(lake: Lake, run: Run, file: DataFile, query: Sql): Promise<boolean> {
  const beside = lake.engine.paths.issue(run.folder, `repaired-${file.tableName}`)
  await stageDataFile(lake, file.layer, beside, query)
  if ((await hashFile(beside)) !== file.sha256) {
    await removePath(beside)
    return false
  }
  const path = join(lake.layout.lake, file.path)
  await ensureFolder(dirname(path))
  await syncFile(beside)
  await publishFile(beside, path)
  return true
}
