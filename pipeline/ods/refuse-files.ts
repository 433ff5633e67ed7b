import { join as joinPath } from 'node:path'
import { removeDataFile, stageDataFile, writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { DroplakeError } from '../../core/errors.ts'
import { literal, readParquet, sql } from '../../core/sql.ts'
import type { CopiedUpload, RefusedUpload } from '../uploads/index.ts'
import type { OdsResult } from './index.ts'

/** Why a file is refused, given the name of an upload of its content. */
export type Refusal = (name: string) => DroplakeError

/**
 * Take files of one table out of ODS again: they are refused as a whole, and so is whatever has the same content.
 *
 * @param refusals by file id: why, in words that name the upload
 */
export async function refuseFiles(
  lake: Lake,
  run: Run,
  ods: OdsResult,
  tableName: string,
  refusals: ReadonlyMap<string, Refusal>,
): Promise<OdsResult> {
  const refused: RefusedUpload[] = []
  const refuse = (upload: CopiedUpload, fileId: string) => {
    const error = refusals.get(fileId)?.(upload.name)
    if (error === undefined) return false
    lake.log.warn({ runId: run.runId, file: upload.name, code: error.code }, 'upload refused')
    refused.push({ ...upload, status: 'refused', error })
    return true
  }
  const gone = ods.rawFiles.filter((file) => refuse(file.upload, file.fileId))
  for (const { regular } of gone) if (regular !== null) await removeDataFile(lake.layout, regular)
  const batches = new Map(ods.batches)
  const batch = batches.get(tableName)
  if (batch !== undefined && gone.some((file) => file.inBatch.records > 0)) {
    const kept = await rewriteBatch(lake, run, batch, [...refusals.keys()])
    if (kept === null) batches.delete(tableName)
    else batches.set(tableName, kept)
  }
  const duplicates = ods.duplicates.filter(({ upload, original }) => !refuse(upload, original.fileId))
  const names = new Set(refused.map(({ name }) => name))
  return {
    rawFiles: ods.rawFiles.filter((file) => !refusals.has(file.fileId)),
    batches,
    duplicates,
    refused: [...ods.refused, ...refused],
    steps: ods.steps.filter((step) => !names.has(step.target)),
  }
}

/** @returns null when nothing is left */
async function rewriteBatch(
  lake: Lake,
  run: Run,
  batch: DataFile,
  fileIds: readonly string[],
): Promise<DataFile | null> {
  const staged = lake.engine.paths.issue(run.folder, `batch-${batch.tableName}`)
  const rows = sql`select * from ${readParquet([joinPath(lake.layout.lake, batch.path)])}`
  await stageDataFile(lake, 'ods', staged, sql`${rows} where not list_contains(${literal(fileIds)}, _file_id)`)
  await removeDataFile(lake.layout, batch)
  return writeDataFile(
    lake,
    run,
    { layer: 'ods', tableName: batch.tableName },
    sql`select * from ${readParquet([staged])}`,
  )
}
