import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { DataFile } from '../../control/ledger.ts'
import { lineageColumns } from '../../control/relations.ts'
import type { BackupSource } from '../../control/row-source.ts'
import { isOfTable } from '../../control/table-rows.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { hashFile } from '../../core/durable-files.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { sql } from '../../core/sql.ts'
import { compileChecks, holdsBack, type Rule, recordRules } from '../dw/index.ts'

/** The table that gets rows, by what they are judged, and what is said of rows whose origin nobody knows. */
export interface Target {
  readonly tableName: string
  /** Its contract; that of the table whose backup it is, when the config does not have it. */
  readonly table: TableConfig
  /** Those that a row can be judged by alone, without those that only warn. */
  readonly rules: readonly Rule[]
  readonly runId: number
  readonly startedAt: Date
  /** Stands for the source in this restore: the file of rows without lineage, and of refused rows, whose lines are record numbers. */
  readonly fileId: string
  readonly fileName: string
  /** As the source says; null when it does not. */
  readonly totalRows: number | null
  readonly uploads: KnownUploads
  /** Refused rows go to quarantine: each accepted one keeps its number until it is known that it stays. */
  readonly keepsRecords: boolean
}

/**
 * Uploads of which the ledger knows: names by file id, and which run brought rows of which (`<file id> <run>`): the run that loaded
 * it, and those that released records of it from quarantine.
 */
export interface KnownUploads {
  readonly names: ReadonlyMap<string, string>
  readonly brought: ReadonlySet<string>
}

export async function makeTarget(
  engine: Engine,
  tableName: string,
  table: TableConfig,
  source: BackupSource,
  options: Pick<Target, 'runId' | 'startedAt' | 'keepsRecords'>,
): Promise<Target> {
  const content = source.metadata?.digest ?? (await hashFile(source.path))
  const rules = recordRules(table, await compileChecks(engine, table, options.startedAt))
  const key = `${tableName}\n${content}\n${options.runId}`
  return {
    ...options,
    tableName,
    table,
    rules: rules.filter(holdsBack),
    fileId: createHash('sha256').update(key).digest('hex').slice(0, 16),
    fileName: basename(source.path),
    totalRows: source.metadata?.rows ?? null,
    uploads: await knownUploads(engine),
  }
}

async function knownUploads(engine: Engine): Promise<KnownUploads> {
  const rows = await engine.rows<{ file_id: string; run_id: number; name: string }>(sql`
    select file_id, run_id, name from lake.control.files where outcome in ('loaded', 'restored') order by run_id desc`)
  const returns = await engine.rows<{ file_id: string; run_id: number }>(
    sql`select distinct file_id, run_id from lake.control.returns`,
  )
  return {
    names: new Map(rows.map((row) => [row.file_id, row.name])),
    brought: new Set([...rows, ...returns].map((row) => `${row.file_id} ${row.run_id}`)),
  }
}

/** Columns of the accepted rows that data files do not have. */
export function extraColumns({ table, keepsRecords }: Target): string[] {
  const closed = lineageColumns(table).some(({ name }) => name === '_valid_to') ? ['_valid_to'] : []
  return [...closed, ...(keepsRecords ? ['_record'] : [])]
}

/**
 * The table to restore into, and its contract.
 *
 * @param inLake names of the tables that the lake has, also those that are not in the config
 * @throws {DroplakeError} TABLE_NOT_FOUND, USAGE
 */
export function targetTable(
  project: Project,
  tableName: string,
  as: string | null,
  inLake: readonly string[],
): { name: string; table: TableConfig } {
  const { tables, marts } = project.config
  const name = as ?? tableName
  const table = [name, tableName]
    .map((known) => (Object.hasOwn(tables, known) ? tables[known] : undefined))
    .find(Boolean)
  if (table === undefined)
    throw new DroplakeError(
      'TABLE_NOT_FOUND',
      `pipeline_config.json has no table "${tableName}".${didYouMean(tableName, Object.keys(tables))}`,
      { hint: 'Name a table of the config; --as gives its rows to another one.' },
    )
  if (Object.hasOwn(tables, name)) return { name, table }
  // The engine does not tell names apart by their case. A table that was made this way gets its rows anew.
  const isSame = (other: string) => other.toLowerCase() === name.toLowerCase()
  const taken =
    [...Object.keys(tables), ...Object.keys(marts)].find(isSame) ??
    inLake.find((other) => other !== name && isSame(other))
  if (taken !== undefined)
    throw new DroplakeError('USAGE', `--as "${name}" is taken by "${taken}"; choose another name`)
  if (!/^[A-Za-z0-9]\w{0,99}$/.test(name) || name.toLowerCase() === 'files')
    throw new DroplakeError('USAGE', `--as "${name}" is no name for a table; expected letters, digits and "_"`)
  return { name, table }
}

/** The data files but those of a table. */
export function otherFiles(dataFiles: readonly DataFile[], tableName: string): DataFile[] {
  return dataFiles.filter((file) => !isOfTable(file) || file.tableName !== tableName)
}

/** The tables that the lake has. */
export function tableNames(dataFiles: readonly Pick<DataFile, 'layer' | 'tableName'>[]): string[] {
  return [...new Set(dataFiles.filter(isOfTable).map(({ tableName }) => tableName))]
}

/** The tables of the config, and the one that gets rows. */
export function withTarget({ config }: Project, name: string, table: TableConfig): Project['config']['tables'] {
  return { ...config.tables, [name]: table }
}
