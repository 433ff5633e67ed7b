import { join as joinPath } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, sql } from '../../core/sql.ts'
import type { OdsResult } from '../ods/index.ts'
import { compileChecks } from './checks/index.ts'
import { type Rule, recordRules } from './rules/index.ts'

/** An ODS file of the run, or a part of one. */
export interface InputPart {
  /** Tells it from the other parts of its table. */
  readonly name: string
  /** Absolute. */
  readonly path: string
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
}

/** All records of one table in one run. */
export interface TableInput {
  readonly tableName: string
  readonly table: TableConfig
  readonly tables: Config['tables']
  /** In the order of their uploads. */
  readonly files: readonly { readonly fileId: string; readonly name: string }[]
  readonly parts: readonly InputPart[]
  /** Those that a record can be judged by alone. */
  readonly rules: readonly Rule[]
}

/** Files of the run: `_file_id`, `_file` (name) and `_file_no` (their order). Joined as `(select * from …)`: a table has a hidden `rowid`. */
export const RUN_FILES = ident('run_files')

/** What ODS has got for a table; undefined when that is nothing. */
export async function inputOf(
  lake: Lake,
  run: Run,
  tableName: string,
  ods: OdsResult,
): Promise<TableInput | undefined> {
  const { tables } = lake.project.config
  const rawFiles = ods.rawFiles.filter((file) => file.upload.tableName === tableName)
  const parts: InputPart[] = rawFiles.flatMap(({ fileId, regular, records, inBatch, dialect }) => {
    if (regular === null) return []
    const regularRecords = records - inBatch.records
    const firstLine = dialect.format === 'csv' ? dialect.start.line : 1
    const lines = { fileId, firstLine, count: regular.rows, hasPlaceholders: regular.rows > regularRecords }
    const hasExtra = dialect.extra.length > 0
    return [{ name: fileId, path: joinPath(lake.layout.lake, regular.path), records: regularRecords, lines, hasExtra }]
  })
  const batch = ods.batches.get(tableName)
  if (batch !== undefined) {
    const path = joinPath(lake.layout.lake, batch.path)
    parts.push({ name: 'records', path, records: batch.rows, lines: null, hasExtra: true })
  }
  if (parts.length === 0) return undefined
  const files = rawFiles.map(({ fileId, upload }) => ({ fileId, name: upload.name }))
  const table = tables[tableName] as TableConfig
  const rules = recordRules(table, await compileChecks(lake.engine, table, run.startedAt))
  return { tableName, table, tables, files, parts, rules }
}

export async function createRunFiles(engine: Engine, { files }: TableInput): Promise<void> {
  await engine.run(sql`create or replace temp table ${RUN_FILES} (_file_no bigint, _file_id varchar, _file varchar)`)
  const rows = files.map((file, index) => sql`(${raw(String(index))}, ${literal(file.fileId)}, ${literal(file.name)})`)
  await engine.run(sql`insert into ${RUN_FILES} values ${join(rows, ', ')}`)
}
