import { createHash } from 'node:crypto'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, StepEntry } from '../../control/ledger.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type ClaimedUpload, type CopiedUpload, contentIdOf, type RefusedUpload } from '../uploads/index.ts'
import { findOriginals, type Original } from './find-original.ts'
import { loadRaw, type RawFile } from './load-raw.ts'
import { RunBatches } from './run-batches.ts'

export type { Original } from './find-original.ts'
export type { FileDialect, RawFile } from './load-raw.ts'

/** In a run with more uploads, small ones are told of in the log file alone. */
const MOST_TOLD = 20

/** An upload whose content the lake has already, or has got from another upload of this run. */
export interface DuplicateUpload {
  readonly upload: CopiedUpload
  readonly original: Original
}

export interface OdsResult {
  readonly rawFiles: readonly RawFile[]
  /** Of each table, the records that our own parser has split: of any of its files, each with its line. */
  readonly batches: ReadonlyMap<string, DataFile>
  readonly duplicates: readonly DuplicateUpload[]
  readonly refused: readonly RefusedUpload[]
  readonly steps: readonly StepEntry[]
}

/** ODS: every record of every new upload as raw Parquet. Files that cannot be read as their table are refused, the others go on. */
export async function loadUploads(lake: Lake, run: Run, uploads: readonly ClaimedUpload[]): Promise<OdsResult> {
  const copied = uploads.filter((upload) => upload.status === 'copied')
  const fileIdOf = (upload: CopiedUpload) => idOf(run, upload)
  const originals = await findOriginals(lake, copied.map(fileIdOf))
  const rawFiles: RawFile[] = []
  const duplicates: DuplicateUpload[] = []
  const refused = uploads.filter((upload) => upload.status === 'refused')
  const steps: StepEntry[] = []
  const batches = new RunBatches(lake, run)
  for (const upload of copied) {
    const fileId = fileIdOf(upload)
    // Of a correction, only one of this run can be there.
    const original = originals.get(contentOf(upload))
    if (original !== undefined) {
      duplicates.push({ upload, original })
      continue
    }
    const started = performance.now()
    try {
      const rawFile = await loadRaw(await batches.sourceOf(upload, fileId))
      rawFiles.push(rawFile)
      originals.set(contentOf(upload), {
        fileId,
        name: upload.name,
        runId: run.runId,
        records: rawFile.records,
        isOvertaken: false,
      })
      steps.push(stepOf(run, rawFile, started))
      logLoaded(lake, run, rawFile, copied.length)
    } catch (error) {
      if (!(error instanceof DroplakeError) || error.kind !== 'input') throw error
      refused.push({ ...upload, status: 'refused', error })
    }
  }
  const unequal = new Map(
    (await batches.removeUnequal(rawFiles)).map((file) => [contentOf(file.upload), doesNotAddUp(file)]),
  )
  // Whatever else has the same content shares its fate: there is no original any more.
  for (const upload of copied) {
    const error = unequal.get(contentOf(upload))
    if (error !== undefined) refused.push({ ...upload, status: 'refused', error })
  }
  for (const { name, error } of refused)
    lake.log.warn({ runId: run.runId, file: name, code: error.code }, 'upload refused')
  const refusedNames = new Set(refused.map(({ name }) => name))
  return {
    rawFiles: rawFiles.filter((file) => !unequal.has(contentOf(file.upload))),
    batches: await batches.write(),
    duplicates: duplicates.filter((duplicate) => !unequal.has(contentOf(duplicate.upload))),
    refused,
    steps: steps.filter((step) => !refusedNames.has(step.target)),
  }
}

/** An id for an upload that adds no content of its own: unlike its content's id, no other upload has it. */
export function uploadIdOf(run: Run, name: string): string {
  return createHash('sha256').update(`${run.runId}\n${name}`).digest('hex').slice(0, 16)
}

/** A correction is judged again in each run that it comes with: what it refers to may be there by now. It can release nothing twice. */
function idOf(run: Run, upload: CopiedUpload): string {
  return upload.isCorrection ? uploadIdOf(run, upload.name) : contentOf(upload)
}

function contentOf({ tableName, sha256 }: CopiedUpload): string {
  return contentIdOf(tableName, sha256)
}

function doesNotAddUp({ upload, records }: RawFile): DroplakeError {
  return new DroplakeError(
    'CSV_DOES_NOT_ADD_UP',
    `"${upload.name}": ${records} records were counted, but not as many were read; nothing of it was loaded`,
    { details: { records }, hint: 'This is a fault of droplake: please report it with the file.' },
  )
}

function stepOf(run: Run, { upload, records }: RawFile, started: number): StepEntry {
  const durationMs = Math.round(performance.now() - started)
  return { runId: run.runId, stage: 'ods', target: upload.name, rowsIn: records, rowsOut: records, durationMs }
}

function logLoaded(lake: Lake, run: Run, { upload, records, dialect }: RawFile, uploadCount: number): void {
  // A thousand small files would make the story of a run unreadable.
  const level = dialect.reader === 'parser' && uploadCount > MOST_TOLD ? 'debug' : 'info'
  lake.log[level](
    {
      runId: run.runId,
      file: upload.name,
      table: upload.tableName,
      rowCount: records,
      sizeBytes: upload.sizeBytes,
      reader: dialect.reader,
    },
    'raw file published',
  )
}
