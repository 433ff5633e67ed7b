import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupEntry } from '../control/ledger.ts'
import { listFolder } from '../core/durable-files.ts'
import { messageOf } from '../core/errors.ts'
import { CODEC_OF, CODECS, type CodecName } from './avro/codecs.ts'
import { AvroFileReader } from './avro/read-file.ts'
import { isBackupName } from './backup-files.ts'
import { readMetadata } from './metadata.ts'

/** A file among the backups: what its header says, or why that cannot be read. */
export type FoundBackup =
  | { readonly status: 'readable'; readonly path: string; readonly lake: string; readonly entry: BackupEntry }
  | { readonly status: 'unreadable'; readonly path: string; readonly tableName: string; readonly fault: string }

/**
 * All backups in a folder, by their headers alone: tables by name, the newest version of each first.
 *
 * @param folder absolute; one that is not there has none
 */
export async function listBackups(folder: string): Promise<FoundBackup[]> {
  const found: FoundBackup[] = []
  for (const tableName of await listFolder(folder)) {
    const names = await listFolder(join(folder, tableName)).catch(() => [])
    const files = await Promise.all(
      names.filter(isBackupName).map((name) => readHead(join(folder, tableName, name), tableName)),
    )
    found.push(...files.sort((a, b) => versionOf(b) - versionOf(a)))
  }
  return found
}

/** The number in a backup's name. */
export function versionOf({ path }: { readonly path: string }): number {
  return Number(/\.v(\d+)\.avro$/.exec(path)?.[1] ?? 0)
}

async function readHead(path: string, tableName: string): Promise<FoundBackup> {
  try {
    const file = await AvroFileReader.open(path)
    try {
      const metadata = readMetadata(file.header, file.headBytes)
      if (metadata === null) throw new Error('another program has written it')
      const { size } = await stat(path)
      const { version, run, rows, digest, madeAt, lake } = metadata
      const codec = codecName(file.header.metadata.get('avro.codec')?.toString('latin1'))
      const entry = { tableName: metadata.table, version, dataRun: run, path, rows, bytes: size, codec, digest }
      return { status: 'readable', path, lake, entry: { ...entry, madeAt: new Date(madeAt) } }
    } finally {
      await file.close()
    }
  } catch (error) {
    return { status: 'unreadable', path, tableName, fault: messageOf(error) }
  }
}

function codecName(avroName = 'null'): CodecName {
  return CODECS.find((name) => CODEC_OF[name].avroName === avroName) ?? 'null'
}
