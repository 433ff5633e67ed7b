import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../core/sql.ts'
import { recordRules, typedName } from './rules/index.ts'
import { typedValue } from './typed-value.ts'

/** The raw files of one table in one run, in the order of their uploads. */
export interface TableInput {
  readonly tableName: string
  readonly table: TableConfig
  readonly tables: Config['tables']
  readonly files: readonly { readonly fileId: string; readonly name: string; readonly path: string }[]
}

/** Files of the run: `_file_id`, `_file` (name) and `_file_no` (their order). */
export const RUN_FILES = ident('run_files')
/** One row per record: `_position` (their order over all files), `_file_id`, `_line`, typed columns, `_broken`. */
export const CHECKED = ident('checked')

/** Bits of a position that are the line; the file's number stands above them. 2^40 lines are more than any file has. */
const LINE_BITS = 40

/** A query of all records of the run with their text, their typed values and their position. */
export function readRecords(input: TableInput): Sql {
  const typed = join(
    Object.entries(input.table.columns).map(([name, column]) => sql`${typedValue(name, column)} as ${typedName(name)}`),
    ', ',
  )
  const records = readParquet(input.files.map((file) => file.path))
  return sql`
    select _records.*, _files._file, (_files._file_no << ${raw(String(LINE_BITS))}) | _records._line as _position, ${typed}
    from (select * from ${records}) as _records
    join (select * from ${RUN_FILES}) as _files using (_file_id)`
}

/** Judge every record of the run in one pass, by all rules that need no other record of the run. */
export async function checkRecords(engine: Engine, input: TableInput): Promise<void> {
  await createRunFiles(engine, input)
  const broken = join(
    recordRules(input.table, input.tables).map((rule) => rule.broken),
    ' or ',
  )
  const typed = join(
    Object.keys(input.table.columns).map((name) => sql`${typedName(name)} as ${ident(name)}`),
    ', ',
  )
  await engine.run(sql`
    create or replace temp table ${CHECKED} as
    select _position, _file_id, _line, ${typed}, coalesce(${broken}, false) as _broken
    from (${readRecords(input)})`)
}

async function createRunFiles(engine: Engine, input: TableInput): Promise<void> {
  await engine.run(sql`create or replace temp table ${RUN_FILES} (_file_no bigint, _file_id varchar, _file varchar)`)
  const rows = input.files.map(
    (file, index) => sql`(${raw(String(index))}, ${literal(file.fileId)}, ${literal(file.name)})`,
  )
  await engine.run(sql`insert into ${RUN_FILES} values ${join(rows, ', ')}`)
}
