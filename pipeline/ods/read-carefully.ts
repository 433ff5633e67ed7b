import { BIGINT, DuckDBDataChunk, type DuckDBValue, VARCHAR } from '@duckdb/node-api'
import type { Engine } from '../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import { DELIMITER, type Dialect } from './decide-dialect.ts'
import type { Fault } from './parse-record.ts'
import { scanRecords } from './scan-records.ts'
import { rawText, splitRecord } from './split-record.ts'

/** Rows that DuckDB takes at once. */
const CHUNK_ROWS = 2048

/** A malformed record is kept with at most this much of its text. 64 KiB. */
const MOST_RAW_BYTES = 64 * 1024

const TABLE = ident('records_read_carefully')

/**
 * Our own read, for files that are not plain: record by record, malformed ones with their text and reason, into a
 * temporary table. Exact on every file, and slower than the engine's.
 *
 * @returns a query of its rows, in the order of the file
 */
export async function readCarefully(
  engine: Engine,
  path: string,
  tableName: string,
  dialect: Dialect,
  onBytes: (doneBytes: number) => void,
): Promise<Sql> {
  const fieldCount = dialect.columns.length
  const columns = join(
    dialect.columns.map((column) => sql`${ident(column)} varchar`),
    ', ',
  )
  await engine.run(
    sql`create or replace temp table ${TABLE} (${columns}, _malformed varchar, _raw varchar, _line bigint)`,
  )
  const appender = await engine.connection.createAppender('records_read_carefully', 'main', 'temp')
  const types = [...dialect.columns.map(() => VARCHAR), VARCHAR, VARCHAR, BIGINT]
  let rows: DuckDBValue[][] = []
  const flush = () => {
    if (rows.length === 0) return
    const chunk = DuckDBDataChunk.create(types)
    chunk.setRows(rows)
    appender.appendDataChunk(chunk)
    rows = []
  }
  try {
    await scanRecords(
      path,
      dialect.start,
      { delimiter: DELIMITER, fieldCount },
      (bytes, start, end, line, found, fault) => {
        if (fault === null)
          rows.push([...splitRecord(bytes, start, end, DELIMITER).map(orMissing), null, null, BigInt(line)])
        else
          rows.push([
            ...dialect.columns.map(() => null),
            faultSentence(fault, found, fieldCount, tableName),
            malformedText(bytes, start, end),
            BigInt(line),
          ])
        if (rows.length === CHUNK_ROWS) flush()
      },
      onBytes,
    )
    flush()
  } finally {
    appender.closeSync()
  }
  const names = join(
    dialect.columns.map((column) => ident(column)),
    ', ',
  )
  return sql`select ${names}, _malformed, _raw, _line from ${TABLE}`
}

/** What is wrong with a malformed record, to end up in `_reason`. */
function faultSentence(fault: Fault, found: number, expected: number, tableName: string): string {
  switch (fault) {
    case 'field_count':
      return `the record has ${found} ${found === 1 ? 'field' : 'fields'}; ${tableName} has ${expected}`
    case 'text_after_quote':
      return 'there is text between a closing quote and the next comma'
    case 'unclosed_quote':
      return 'a quote is opened and never properly closed'
    case 'nul_byte':
      return 'the record holds a NUL byte (shown as \\x00)'
    case 'not_utf8':
      return 'the record is not UTF-8 text (the bytes that are not are shown as \\xHH); save the file as UTF-8'
    case 'too_long':
      return 'the record is longer than 16 MiB (its first 64 KiB are shown)'
  }
}

/** An empty text is missing, as it is where the engine reads. */
function orMissing(text: string): string | null {
  return text === '' ? null : text
}

function malformedText(bytes: Buffer, start: number, end: number): string {
  const cut = end - start > MOST_RAW_BYTES
  const text = rawText(bytes.subarray(start, cut ? start + MOST_RAW_BYTES : end))
  return cut ? `${text} … (${end - start} bytes in all)` : text
}
