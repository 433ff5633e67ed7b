import type { Run } from '../control/lake.ts'
import { type FileEntry, NO_COUNTS } from '../control/ledger.ts'
import { DroplakeError } from '../core/errors.ts'
import type { TableResult } from './dw/index.ts'
import { type OdsResult, uploadIdOf } from './ods/index.ts'

/**
 * What happened to every upload of a run, and the proof that no record is lost:
 * records = loaded + updated + unchanged + quarantined, for each file.
 *
 * @throws {DroplakeError} CONSERVATION_BROKEN, naming the file; nothing is committed then
 */
export function accountForFiles(run: Run, ods: OdsResult, tables: readonly TableResult[]): FileEntry[] {
  const entries = [...loadedEntries(run, ods, tables), ...duplicateEntries(run, ods), ...refusedEntries(run, ods)]
  for (const entry of entries) {
    const sum = entry.loaded + entry.updated + entry.unchanged + entry.quarantined
    if (sum === entry.records) continue
    throw new DroplakeError(
      'CONSERVATION_BROKEN',
      `"${entry.name}": ${entry.records} records were read, but ${sum} are accounted for (${entry.loaded} loaded, ${entry.updated} updated, ${entry.unchanged} unchanged, ${entry.quarantined} quarantined)`,
      {
        details: { file: entry.name },
        hint: 'Nothing was committed. This is a fault of droplake: please report it with the file.',
      },
    )
  }
  return entries
}

function loadedEntries(run: Run, ods: OdsResult, tables: readonly TableResult[]): FileEntry[] {
  return ods.rawFiles.map((file) => {
    const table = tables.find((result) => result.tableName === file.upload.tableName)
    return {
      ...NO_COUNTS,
      fileId: file.fileId,
      runId: run.runId,
      name: file.upload.name,
      tableName: file.upload.tableName,
      bytes: file.upload.sizeBytes,
      sha256: file.upload.sha256,
      outcome: 'loaded' as const,
      records: file.records,
      blank: file.blank,
      ...table?.counts.get(file.fileId),
      duplicateOf: null,
      dialect: JSON.stringify(file.dialect),
      reason: null,
    }
  })
}

/** A duplicate's records are in the lake, or in quarantine, since the original came: nothing about them has changed. */
function duplicateEntries(run: Run, ods: OdsResult): FileEntry[] {
  return ods.duplicates.map(({ upload, original }) => ({
    ...NO_COUNTS,
    fileId: uploadIdOf(run, upload.name),
    runId: run.runId,
    name: upload.name,
    tableName: upload.tableName,
    bytes: upload.sizeBytes,
    sha256: upload.sha256,
    outcome: 'duplicate' as const,
    records: original.records,
    blank: 0,
    unchanged: original.records,
    duplicateOf: original.fileId,
    dialect: null,
    reason: null,
  }))
}

function refusedEntries(run: Run, ods: OdsResult): FileEntry[] {
  return ods.refused.map((upload) => ({
    ...NO_COUNTS,
    fileId: uploadIdOf(run, upload.name),
    runId: run.runId,
    name: upload.name,
    tableName: upload.tableName,
    bytes: upload.sizeBytes,
    sha256: upload.sha256,
    outcome: 'refused' as const,
    blank: 0,
    duplicateOf: null,
    dialect: null,
    reason: `${upload.error.code}: ${upload.error.message}`,
  }))
}
