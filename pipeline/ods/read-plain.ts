import { exactPath, ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import type { Dialect } from './decide-dialect.ts'

/** DuckDB's own limit. A larger one makes larger buffers: with 32 MB, a file of 10 million records took twice as long (2026-11). */
const DEFAULT_LINE_BYTES = 2_000_000

/**
 * The engine's own read of a plain file: every record well-formed, on one line, no line blank. There a record's number
 * is its line. The reader is told everything and guesses nothing; `store_rejects` and `ignore_errors` must never be
 * added, because with them it can alter rows without a word (docs/adr/0002-csv.md).
 *
 * @param longestBytes of all records
 */
export function readPlain(path: string, dialect: Dialect, longestBytes: number): Sql {
  const headerLines = dialect.hasHeader ? 1 : 0
  const columns = join(
    dialect.columns.map((column) => sql`${literal(column)}: 'VARCHAR'`),
    ', ',
  )
  const names = join(
    dialect.columns.map((column) => ident(column)),
    ', ',
  )
  return sql`
    select ${names}, null::varchar as _malformed, null::varchar as _raw, row_number() over () + ${raw(String(headerLines))} as _line
    from read_csv(
      ${literal(exactPath(path))}, columns = {${columns}}, auto_detect = false, header = false, skip = ${raw(String(headerLines))},
      hive_partitioning = false, delim = ',', quote = '"', escape = '"', compression = 'none', strict_mode = true, null_padding = false,
      max_line_size = ${raw(String(Math.max(DEFAULT_LINE_BYTES, 2 * longestBytes)))}
    )`
}
