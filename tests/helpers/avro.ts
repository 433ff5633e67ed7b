import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import avro from 'avsc'
import { onTestFinished } from 'vitest'
import { latestPath } from '../../backup/backup-files.ts'
import type { CodecName } from '../../backup/index.ts'
import { backupTables } from '../../backup/index.ts'
import { BackupReader } from '../../backup/read-backup.ts'
import type { BackupEntry } from '../../control/ledger.ts'
import { silentLogger } from '../../core/logger.ts'
import {
  planRestore,
  type Restored,
  type RestorePlan,
  type RestoreRequest,
  restore,
} from '../../pipeline/restore/index.ts'
import type { TempLake } from './temp-lake.ts'

const nothing = () => undefined

/** A folder that is gone when the test has ended. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'droplake-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Back up tables of a lake, all when none is named; the ledger is not told. */
export async function backUp(
  lake: TempLake,
  tables: readonly string[] = [],
  codec: CodecName = 'deflate',
): Promise<BackupEntry[]> {
  const options = {
    folder: lake.path('backups'),
    codec,
    clock: () => new Date('2026-11-21T12:00:00Z'),
    onRows: nothing,
  }
  return backupTables(lake.project, tables.length === 0 ? null : tables, options)
}

interface RestoreOptions extends Partial<Omit<RestoreRequest, 'table' | 'openSource' | 'onRows'>> {
  readonly from?: string
}

function requestOf(lake: TempLake, table: string, { from, ...options }: RestoreOptions): RestoreRequest {
  const path = from ?? latestPath(lake.path('backups'), table)
  const openSource: RestoreRequest['openSource'] = (config) => BackupReader.open(path, config)
  return { table, as: null, quarantine: false, force: false, ...options, openSource, onRows: nothing }
}

/** Restore a table, from its newest backup unless another file is named. */
export async function restoreTable(lake: TempLake, table: string, options: RestoreOptions = {}): Promise<Restored> {
  const open = { log: silentLogger(), clock: () => new Date(), onProgress: nothing }
  return restore(lake.project, requestOf(lake, table, options), open)
}

export async function rehearseRestore(
  lake: TempLake,
  table: string,
  options: RestoreOptions = {},
): Promise<RestorePlan> {
  return planRestore(lake.project, requestOf(lake, table, options), true)
}

/** The schema and the records of a file, as avsc reads them. */
export async function readWithAvsc(path: string): Promise<{ schema: unknown; records: Record<string, unknown>[] }> {
  const decoder = createReadStream(path).pipe(new avro.streams.BlockDecoder())
  let schema: unknown
  decoder.on('metadata', (type: avro.Type) => {
    schema = JSON.parse(JSON.stringify(type.schema({ exportAttrs: true })))
  })
  const records: Record<string, unknown>[] = []
  for await (const record of decoder) records.push({ ...(record as Record<string, unknown>) })
  return { schema, records }
}

/** Write a file as another program does it, with avsc. */
export async function writeWithAvsc(
  path: string,
  schema: avro.Schema,
  records: readonly unknown[],
  options: {
    readonly codec?: string
    readonly codecs?: Record<string, (bytes: Buffer, done: (error: Error | null, bytes?: Buffer) => void) => void>
  } = {},
): Promise<string> {
  const encoder = new avro.streams.BlockEncoder(schema as never, options as never)
  const file = encoder.pipe(createWriteStream(path))
  for (const record of records) encoder.write(record)
  encoder.end()
  await finished(file)
  return path
}
