import { createHash } from 'node:crypto'
import type { Lake, Run } from '../../control/lake.ts'
import type { StepEntry } from '../../control/ledger.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type ClaimedUpload, type CopiedUpload, contentIdOf, type RefusedUpload } from '../uploads/index.ts'
import { findOriginals, type Original } from './find-original.ts'
import { loadRaw, type RawFile } from './load-raw.ts'

export type { Original } from './find-original.ts'
export type { RawFile } from './load-raw.ts'

/** An upload whose content the lake has already, or has got from another upload of this run. */
export interface DuplicateUpload {
  readonly upload: CopiedUpload
  readonly original: Original
}

export interface OdsResult {
  readonly rawFiles: readonly RawFile[]
  readonly duplicates: readonly DuplicateUpload[]
  readonly refused: readonly RefusedUpload[]
  readonly steps: readonly StepEntry[]
}

/** ODS: every record of every new upload as raw Parquet. Files that cannot be read as their table are refused, the others go on. */
export async function loadUploads(lake: Lake, run: Run, uploads: readonly ClaimedUpload[]): Promise<OdsResult> {
  const copied = uploads.filter((upload) => upload.status === 'copied')
  const originals = await findOriginals(lake, copied.map(fileIdOf))
  const rawFiles: RawFile[] = []
  const duplicates: DuplicateUpload[] = []
  const refused = uploads.filter((upload) => upload.status === 'refused')
  const steps: StepEntry[] = []
  for (const upload of copied) {
    const fileId = fileIdOf(upload)
    const original = originals.get(fileId)
    if (original !== undefined) {
      duplicates.push({ upload, original })
      continue
    }
    const started = performance.now()
    try {
      const rawFile = await loadRaw(lake, run, upload, fileId, tableOf(lake, upload))
      rawFiles.push(rawFile)
      originals.set(fileId, { fileId, name: upload.name, runId: run.runId, records: rawFile.records })
      const durationMs = Math.round(performance.now() - started)
      steps.push({
        runId: run.runId,
        stage: 'ods',
        target: upload.name,
        rowsIn: rawFile.records,
        rowsOut: rawFile.dataFile?.rows ?? 0,
        durationMs,
      })
      lake.log.info(
        {
          runId: run.runId,
          file: upload.name,
          table: upload.tableName,
          rowCount: rawFile.records,
          sizeBytes: upload.sizeBytes,
          reader: rawFile.dialect.reader,
          durationMs,
        },
        'raw file published',
      )
    } catch (error) {
      if (!(error instanceof DroplakeError) || error.kind !== 'input') throw error
      refused.push({ ...upload, status: 'refused', error })
    }
  }
  for (const { name, error } of refused)
    lake.log.warn({ runId: run.runId, file: name, code: error.code }, 'upload refused')
  return { rawFiles, duplicates, refused, steps }
}

/** An id for an upload that adds no content of its own: unlike its content's id, no other upload has it. */
export function uploadIdOf(run: Run, name: string): string {
  return createHash('sha256').update(`${run.runId}\n${name}`).digest('hex').slice(0, 16)
}

function fileIdOf(upload: CopiedUpload): string {
  return contentIdOf(upload.tableName, upload.sha256)
}

function tableOf(lake: Lake, upload: CopiedUpload) {
  const table = lake.project.config.tables[upload.tableName]
  if (table === undefined) throw new DroplakeError('INTERNAL', `no contract for table "${upload.tableName}"`)
  return table
}
