import { join as joinPath } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { OdsResult, RawFile } from '../ods/index.ts'
import { compileChecks } from './checks/index.ts'
import { findRepeated, REPEATED } from './returned/find-repeated.ts'
import { type Rule, recordRules } from './rules/index.ts'

/** Records of the run that are judged together: an ODS file, a part of one, or those that have come back from quarantine. */
export interface InputPart {
  /** Tells it from the other parts of its table. */
  readonly name: string
  /** A relation of its records; its columns are those of ODS. */
  readonly source: Sql
  readonly records: number
  /** Of a file whose rows are its lines: which file, and the line of the first row. Null where each row says its own. */
  readonly lines: {
    readonly fileId: string
    readonly firstLine: number
    readonly count: number
    /** Some rows are no records: they have no value. */
    readonly hasPlaceholders: boolean
  } | null
  readonly hasExtra: boolean
  /** They were in quarantine before. */
  readonly isReturned: boolean
}

/** All records of one table in one run. */
export interface TableInput {
  readonly tableName: string
  readonly table: TableConfig
  readonly tables: Config['tables']
  /** In the order in which they count: of several records with one key, the first good one is loaded. */
  readonly files: readonly InputFile[]
  readonly parts: readonly InputPart[]
  /** Those that a record can be judged by alone. */
  readonly rules: readonly Rule[]
  /** By file id: malformed records of a correction that an earlier upload of the same bytes brought. They are in no part. */
  readonly repeated: ReadonlyMap<string, number>
}

export interface InputFile {
  readonly fileId: string
  readonly name: string
}

/** Files of the run: `_file_id`, `_file` (name) and `_file_no` (their order). Joined as `(select * from …)`: a table has a hidden `rowid`. */
export const RUN_FILES = ident('run_files')

/** What ODS has got for a table, but for corrections. */
export async function inputOf(lake: Lake, run: Run, tableName: string, ods: OdsResult): Promise<TableInput> {
  const { tables } = lake.project.config
  const rawFiles = ods.rawFiles.filter((file) => file.upload.tableName === tableName)
  const parts: InputPart[] = rawFiles.flatMap(({ fileId, regular, records, inBatch, dialect }) => {
    if (regular === null) return []
    const regularRecords = records - inBatch.records
    const firstLine = dialect.format === 'csv' ? dialect.start.line : 1
    const lines = { fileId, firstLine, count: regular.rows, hasPlaceholders: regular.rows > regularRecords }
    const source = readParquet([joinPath(lake.layout.lake, regular.path)], 'file_row_number = true')
    const hasExtra = dialect.extra.length > 0
    return [{ name: fileId, source, records: regularRecords, lines, hasExtra, isReturned: false }]
  })
  const batch = batchPath(lake, tableName, ods)
  const corrections = rawFiles.reduce((sum, file) => sum + correctionCount(file), 0)
  const repeated = await findRepeatedMalformed(lake, tableName, rawFiles, batch)
  const repeats = [...repeated.values()].reduce((sum, count) => sum + count, 0)
  const records = (ods.batches.get(tableName)?.rows ?? 0) - corrections - repeats
  if (batch !== undefined && records > 0) {
    const source = sql`(
      select * from ${readParquet([batch])} anti join ${REPEATED} using (_file_id, _line) where _corrects is null)`
    parts.push({ name: 'records', source, records, lines: null, hasExtra: true, isReturned: false })
  }
  const files = rawFiles.map(({ fileId, upload }) => ({ fileId, name: upload.name }))
  const table = tables[tableName] as TableConfig
  const rules = recordRules(table, await compileChecks(lake.engine, table, run.startedAt))
  return { tableName, table, tables, files, parts, rules, repeated }
}

/**
 * How many records of corrections could not be split, and are in quarantine since the same bytes were dropped before. By file id.
 * Creates `REPEATED`.
 */
async function findRepeatedMalformed(
  lake: Lake,
  tableName: string,
  rawFiles: readonly RawFile[],
  batch: string | undefined,
): Promise<Map<string, number>> {
  const corrections = rawFiles.filter(({ upload }) => upload.isCorrection)
  await findRepeated(lake, tableName, corrections)
  if (batch === undefined || corrections.length === 0) return new Map()
  const found = await lake.engine.rows<{ _file_id: string; records: number }>(sql`
    select _file_id, count(*) as records
    from ${readParquet([batch])} semi join ${REPEATED} using (_file_id, _line)
    where _corrects is null
    group by _file_id`)
  return new Map(found.map((file) => [file._file_id, file.records]))
}

/** Absolute path of the batch of a table; undefined when it has none. */
export function batchPath(lake: Lake, tableName: string, ods: OdsResult): string | undefined {
  const batch = ods.batches.get(tableName)
  return batch === undefined ? undefined : joinPath(lake.layout.lake, batch.path)
}

/** The records of an upload that name an entry of the quarantine; those that could not be split name none. */
export function correctionCount({ upload, inBatch }: OdsResult['rawFiles'][number]): number {
  return upload.isCorrection ? inBatch.records - inBatch.malformed : 0
}

export async function createRunFiles(engine: Engine, files: readonly InputFile[]): Promise<void> {
  await engine.run(sql`create or replace temp table ${RUN_FILES} (_file_no bigint, _file_id varchar, _file varchar)`)
  if (files.length === 0) return
  const rows = files.map((file, index) => sql`(${raw(String(index))}, ${literal(file.fileId)}, ${literal(file.name)})`)
  await engine.run(sql`insert into ${RUN_FILES} values ${join(rows, ', ')}`)
}
