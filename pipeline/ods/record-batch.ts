import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, type Sql, sql } from '../../core/sql.ts'
import { textBytes } from './text-bytes.ts'

/** Rows that DuckDB takes at once. */
const CHUNK_ROWS = 2048

/** What a batch holds of one file. */
export interface BatchCounts {
  readonly records: number
  readonly malformed: number
  readonly textBytes: number
}

export const NO_BATCH_COUNTS: BatchCounts = { records: 0, malformed: 0, textBytes: 0 }

/**
 * Records of one table that our own parser has split: those of small files, and of large ones all that the engine is not
 * trusted with. They wait in a temporary table, file by file, and become one data file at the end.
 */
export class RecordBatch {
  readonly columns: readonly string[]
  readonly #engine: Engine
  readonly #table: Sql
  readonly #appender: DuckDBAppender
  readonly #types: readonly DuckDBType[]
  #rows: DuckDBValue[][] = []

  private constructor(engine: Engine, table: Sql, appender: DuckDBAppender, columns: readonly string[]) {
    this.#engine = engine
    this.#table = table
    this.#appender = appender
    this.#types = Array.from({ length: appender.columnCount }, (_, index) => appender.columnType(index))
    this.columns = columns
  }

  /** @param name tells it from the other batches of the run */
  static async open(engine: Engine, name: string, columns: readonly string[]): Promise<RecordBatch> {
    const tableName = `records_${name}`
    const table = ident(tableName)
    const declared = join(
      columns.map((column) => sql`${ident(column)} varchar`),
      ', ',
    )
    await engine.run(sql`
      create or replace temp table ${table} (${declared}, _extra varchar, _malformed varchar, _raw varchar, _file_id varchar, _line bigint, _corrects varchar)`)
    const appender = await engine.connection.createAppender(tableName, 'main', 'temp')
    return new RecordBatch(engine, table, appender, columns)
  }

  /**
   * @param values in the order of `columns`
   * @param extra JSON of what the table has no column for
   * @param corrects the entry of the quarantine that the record gives anew
   */
  addRecord(
    values: readonly (string | null)[],
    extra: string | null,
    fileId: string,
    line: number,
    corrects: string | null = null,
  ): void {
    this.#add([...values, extra, null, null, fileId, BigInt(line), corrects])
  }

  /** @param reason why it could not be split @param raw its text */
  addMalformed(reason: string, raw: string, fileId: string, line: number): void {
    this.#add([...this.columns.map(() => null), null, reason, raw, fileId, BigInt(line), null])
  }

  /** What it holds, by file id. */
  async counts(): Promise<Map<string, BatchCounts>> {
    this.#flush()
    const rows = await this.#engine.rows<{
      _file_id: string
      records: number
      malformed: number
      text_bytes: number
    }>(sql`
      select _file_id, count(*) as records, count(_malformed) as malformed, ${textBytes(this.columns, true)} as text_bytes
      from ${this.#table}
      group by _file_id`)
    return new Map(
      rows.map((row) => [row._file_id, { records: row.records, malformed: row.malformed, textBytes: row.text_bytes }]),
    )
  }

  /** Take back what was added of a file. */
  async removeFile(fileId: string): Promise<void> {
    this.#flush()
    await this.#engine.run(sql`delete from ${this.#table} where _file_id = ${literal(fileId)}`)
  }

  /** A query of all that it holds, in the order it was added. */
  records(): Sql {
    this.#flush()
    return sql`select * from ${this.#table}`
  }

  async drop(): Promise<void> {
    this.#appender.closeSync()
    await this.#engine.run(sql`drop table ${this.#table}`)
  }

  #add(row: DuckDBValue[]): void {
    this.#rows.push(row)
    if (this.#rows.length === CHUNK_ROWS) this.#flush()
  }

  #flush(): void {
    if (this.#rows.length > 0) {
      const chunk = DuckDBDataChunk.create(this.#types)
      chunk.setRows(this.#rows)
      this.#appender.appendDataChunk(chunk)
      this.#rows = []
    }
    this.#appender.flushSync()
  }
}
