import { BIGINT, DuckDBDataChunk, type DuckDBValue, VARCHAR } from '@duckdb/node-api'
import type { Engine } from '../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import { DELIMITER, type Dialect } from './decide-dialect.ts'
import { faultSentence } from './fault-sentence.ts'
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

/** An empty text is missing, as it is where the engine reads. */
function orMissing(text: string): string | null {
  return text === '' ? null : text
}

function malformedText(bytes: Buffer, start: number, end: number): string {
  if (end - start <= MOST_RAW_BYTES) return rawText(bytes.subarray(start, end))
  let cut = start + MOST_RAW_BYTES
  while (cut > start + MOST_RAW_BYTES - 3 && isInsideCharacter(bytes[cut])) cut--
  return `${rawText(bytes.subarray(start, cut))} … (${end - start} bytes in all)`
}

/** The second to fourth byte of a UTF-8 character. */
function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
