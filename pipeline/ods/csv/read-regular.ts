import { exactPath, ident, join, literal, raw, type Sql, sql } from '../../../core/sql.ts'
import type { CsvDialect } from './dialect.ts'

/** DuckDB's default of 32 MB doubles the memory of a read and does not make it faster (10 million records, 2026-11). */
const BUFFER_BYTES = 4_000_000
const LEAST_LINE_BYTES = 1_000_000

/** What the engine reads: the upload's text, or the copy that holds its regular lines. */
export interface RegularText {
  readonly path: string
  readonly dialect: CsvDialect
  /** Lines to pass over: a header. */
  readonly skip: 0 | 1
  /** Of all records. */
  readonly longestBytes: number
}

/**
 * The engine's own read of regular records, each on its line: a row per line, all fields text. The reader is told
 * everything and guesses nothing; `store_rejects` and `ignore_errors` must never be added, because with them it can alter
 * rows without a word (docs/adr/0002-csv.md).
 *
 * @returns a query of the fields as `field_1`, `field_2`, …
 */
export function readRegular({ path, dialect, skip, longestBytes }: RegularText): Sql {
  const columns = join(
    dialect.columns.map((_, index) => sql`${literal(fieldName(index))}: 'VARCHAR'`),
    ', ',
  )
  const quote = literal(dialect.quote)
  const lineBytes = Math.max(LEAST_LINE_BYTES, 2 * longestBytes)
  return sql`
    select *
    from read_csv(
      ${literal(exactPath(path))}, columns = {${columns}}, auto_detect = false, header = false, skip = ${raw(String(skip))},
      hive_partitioning = false, delim = ${literal(dialect.delimiter)}, quote = ${quote}, escape = ${quote},
      compression = 'none', strict_mode = true, null_padding = false,
      max_line_size = ${raw(String(lineBytes))}, buffer_size = ${raw(String(Math.max(BUFFER_BYTES, 2 * lineBytes)))}
    )`
}

/**
 * The table's columns out of the fields of a file, in the order of the table, and `_extra`, JSON of the others; NULL where
 * there is none.
 */
export function tableColumns(columns: readonly string[], dialect: CsvDialect): Sql {
  const own = columns.map((column) => {
    const index = dialect.columns.indexOf(column)
    return index === -1 ? sql`null::varchar as ${ident(column)}` : sql`${field(index)} as ${ident(column)}`
  })
  if (dialect.extra.length === 0) return join(own, ', ')
  const extra = dialect.extra.map((name) => field(dialect.columns.indexOf(name)))
  const pairs = dialect.extra.map((name, index) => sql`${literal(name)}, ${extra[index] as Sql}`)
  const json = sql`case when coalesce(${join(extra, ', ')}) is not null then json_object(${join(pairs, ', ')})::varchar end`
  return join([...own, sql`${json} as _extra`], ', ')
}

function field(index: number): Sql {
  return ident(fieldName(index))
}

function fieldName(index: number): string {
  return `field_${index + 1}`
}
