import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import type { Engine } from '../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import type { CopiedUpload } from '../uploads/index.ts'
import { DELIMITER, type Dialect } from './decide-dialect.ts'
import { faultSentence } from './fault-sentence.ts'
import type { RecordFormat } from './parse-record.ts'
import { type RecordVisitor, scanRecords } from './scan-records.ts'
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
 * @param use is given a query of its rows, in the order of the file; the table is gone when it ends
 */
export async function readCarefully<Result>(
  engine: Engine,
  upload: Pick<CopiedUpload, 'path' | 'tableName'>,
  dialect: Dialect,
  format: RecordFormat,
  onBytes: (doneBytes: number) => void,
  use: (records: Sql) => Promise<Result>,
): Promise<Result> {
  const columns = join(
    dialect.columns.map((column) => ident(column)),
    ', ',
  )
  const declared = join(
    dialect.columns.map((column) => sql`${ident(column)} varchar`),
    ', ',
  )
  await engine.run(
    sql`create or replace temp table ${TABLE} (${declared}, _malformed varchar, _raw varchar, _line bigint)`,
  )
  const writer = new RowWriter(await engine.connection.createAppender('records_read_carefully', 'main', 'temp'))
  const nothing = dialect.columns.map(() => null)
  const visit: RecordVisitor = (bytes, start, end, line, fieldCount, fault) => {
    if (fault === null) {
      writer.add([...splitRecord(bytes, start, end, DELIMITER).map(orMissing), null, null, BigInt(line)])
    } else {
      const reason = faultSentence(fault, fieldCount, format.fieldCount, upload.tableName)
      writer.add([...nothing, reason, malformedText(bytes, start, end), BigInt(line)])
    }
  }
  try {
    await scanRecords(upload.path, dialect.start, format, visit, onBytes)
  } finally {
    writer.close()
  }
  const result = await use(sql`select ${columns}, _malformed, _raw, _line from ${TABLE}`)
  await engine.run(sql`drop table ${TABLE}`)
  return result
}

/** Rows on their way into a table, many at once. */
class RowWriter {
  readonly #appender: DuckDBAppender
  readonly #types: DuckDBType[]
  #rows: DuckDBValue[][] = []

  constructor(appender: DuckDBAppender) {
    this.#appender = appender
    this.#types = Array.from({ length: appender.columnCount }, (_, index) => appender.columnType(index))
  }

  add(row: DuckDBValue[]): void {
    this.#rows.push(row)
    if (this.#rows.length === CHUNK_ROWS) this.#flush()
  }

  close(): void {
    this.#flush()
    this.#appender.closeSync()
  }

  #flush(): void {
    if (this.#rows.length === 0) return
    const chunk = DuckDBDataChunk.create(this.#types)
    chunk.setRows(this.#rows)
    this.#appender.appendDataChunk(chunk)
    this.#rows = []
  }
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
