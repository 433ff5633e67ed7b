import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import { listFolder } from '../../core/durable-files.ts'
import { DroplakeError, isSystemError } from '../../core/errors.ts'
import { literal, sql } from '../../core/sql.ts'
import { copyUpload, type FileIdentity, readIdentity, refuseOtherKinds } from './copy-upload.ts'
import { matchTable } from './match-table.ts'
import { type Correction, peekCorrection } from './peek-correction.ts'

export type { FileIdentity } from './copy-upload.ts'

interface UploadName {
  /** Its name in `workingArea/uploads/`; never used as a path of ours, nor as a pattern. */
  readonly name: string
}

/** An upload whose bytes are copied, hashed and unchanged. */
export interface CopiedUpload extends UploadName {
  readonly status: 'copied'
  readonly tableName: string
  /** Absolute path of our copy. */
  readonly path: string
  readonly sizeBytes: number
  /** Lowercase hex. */
  readonly sha256: string
  readonly identity: FileIdentity
  /** A CSV of the quarantine: its records correct those that are there. */
  readonly isCorrection: boolean
}

/** An upload that cannot be read as a table; `tableName` and `sha256` as far as they are known. */
export interface RefusedUpload extends UploadName {
  readonly status: 'refused'
  readonly tableName: string | null
  readonly sizeBytes: number | null
  readonly sha256: string | null
  /** Absolute path of our copy; null when there is none. */
  readonly path: string | null
  readonly identity: FileIdentity
  readonly error: DroplakeError
}

/** An upload that changed while it was copied; it is left for the next run. */
export interface WaitingUpload extends UploadName {
  readonly status: 'waiting'
}

export type ClaimedUpload = CopiedUpload | RefusedUpload | WaitingUpload

/**
 * Take what lies in uploads, in the order of names: find each file's table and copy it into the run's folder.
 * Names that begin with a dot are passed over (`.gitkeep`, and what rsync and browsers write under such names).
 */
export async function claimUploads(lake: Lake, run: Run): Promise<ClaimedUpload[]> {
  const names = (await listFolder(lake.layout.uploads)).filter((name) => !name.startsWith('.'))
  const claimed: ClaimedUpload[] = []
  for (const [index, name] of names.entries()) {
    const copy = join(run.folder, `upload-${index + 1}`)
    claimed.push(await claimUpload(lake, name, copy))
  }
  return claimed
}

/** The id of a file's content in a table; the same bytes dropped again have the same one. */
export function contentIdOf(tableName: string, sha256: string): string {
  return createHash('sha256').update(`${tableName}\n${sha256}`).digest('hex').slice(0, 16)
}

async function claimUpload(lake: Lake, name: string, copy: string): Promise<ClaimedUpload> {
  const path = join(lake.layout.uploads, name)
  const identity = await readIdentity(path)
  if (identity === undefined) return { status: 'waiting', name }
  try {
    const report = (doneBytes: number, totalBytes: number) => {
      lake.stop.throwIfAborted()
      lake.onProgress({ file: name, stage: 'copy', doneBytes, totalBytes })
    }
    await refuseOtherKinds(path)
    const tableName = await findTable(lake, name, path)
    const copied = await copyUpload(path, copy, lake.project.config.limits.maxFileBytes, report)
    if (copied.status === 'changing') {
      lake.log.warn({ file: name }, 'upload still changing, left for the next run')
      return { status: 'waiting', name }
    }
    const { sizeBytes, sha256 } = copied
    const correction = await peekCorrection(copy, name)
    const corrected = await tableOfFiles(lake, correction?.fileIds ?? [])
    return {
      status: 'copied',
      name,
      tableName: corrected ?? tableName,
      path: copy,
      sizeBytes,
      sha256,
      identity: copied.identity,
      isCorrection: correction !== undefined,
    }
  } catch (error) {
    const isGone = isSystemError(error, 'ENOENT') && (error as NodeJS.ErrnoException).path === path
    if (isGone) return { status: 'waiting', name }
    if (!(error instanceof DroplakeError) || error.kind !== 'input') throw error
    return { status: 'refused', name, tableName: null, sizeBytes: null, sha256: null, path: null, identity, error }
  }
}

/**
 * The table that an upload belongs to: the one that its name tells; a CSV of the quarantine may have any name.
 *
 * @throws {DroplakeError} UPLOAD_UNKNOWN_TABLE, UPLOAD_AMBIGUOUS_TABLE, CSV_HEADER_MISMATCH
 */
async function findTable(lake: Lake, name: string, path: string): Promise<string> {
  const { tables } = lake.project.config
  try {
    return matchTable(name, tables)
  } catch (error) {
    const correction = await peekCorrection(path, name).catch((fault) => {
      // What cannot be read is told when it is copied.
      if (fault instanceof DroplakeError) throw fault
      return undefined
    })
    const tableName = await tableOfFiles(lake, correction?.fileIds ?? [])
    if (tableName !== undefined) return tableName
    throw correction === undefined ? error : ofNoLake(name, correction)
  }
}

function ofNoLake(name: string, { fileIds: [fileId] }: Correction): DroplakeError {
  const found =
    fileId === undefined ? 'none of its records has an "_id"' : `this lake has no upload "${fileId}", which it names`
  return new DroplakeError('UPLOAD_UNKNOWN_TABLE', `"${name}" is a CSV of a quarantine, but ${found}`, {
    hint: 'Drop it into the lake that wrote it, its column "_id" as it was.',
  })
}

/** The table of the config that the first known one of these files was loaded into. */
async function tableOfFiles(lake: Lake, fileIds: readonly string[]): Promise<string | undefined> {
  if (fileIds.length === 0) return undefined
  const known = await lake.engine.rows<{ file_id: string; table_name: string }>(sql`
    select distinct file_id, table_name from lake.control.files
    where list_contains(${literal(fileIds)}::varchar[], file_id) and table_name is not null`)
  const tableNames = new Map(known.map(({ file_id: fileId, table_name: tableName }) => [fileId, tableName]))
  return fileIds
    .map((fileId) => tableNames.get(fileId) ?? '')
    .find((tableName) => Object.hasOwn(lake.project.config.tables, tableName))
}
