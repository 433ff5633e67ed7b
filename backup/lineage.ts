import type { DuckDBDataChunk } from '@duckdb/node-api'
import avro from 'avsc'
import { lineageColumns } from '../control/relations.ts'
import { fixedColumn, isValid, TextColumn } from '../core/chunk-memory.ts'
import type { TableConfig } from '../core/config/schema.ts'
import { ident, join, type Sql, sql } from '../core/sql.ts'
import type { EncodedBlock } from './encode-rows.ts'

/** What the rows that follow one another in a table have in common, by column; `_line` is not among them. */
export type Origin = Readonly<Record<string, string | null>>

/** Rows that follow one another in the table and in a file: the first has line `line`, each next one the next line. */
export interface LineageRun {
  readonly origin: Origin
  readonly line: number
  readonly rows: number
}

const LINE = '_line'
const ROWS = '_rows'
/** The name of the file, which the table itself does not have. */
const FILE = '_file'
const BLOCK_BYTES = 64 * 1024

/** The schema of a table's lineage file: a record for each stretch of rows, not for each row. */
export function lineageSchema(recordName: string, table: TableConfig): string {
  const fields = [...originColumns(table), FILE].map((name) => ({ name, type: ['null', 'string'], default: null }))
  return JSON.stringify({
    type: 'record',
    name: `${recordName}_lineage`,
    doc: 'Where the rows of the table come from, in their order: so many rows, from this line of the file on.',
    fields: [...fields, { name: LINE, type: 'long' }, { name: ROWS, type: 'long' }],
  })
}

/** The lineage of a table's rows as columns of a query: text all but the last, which is the line. */
export function selectLineage(table: TableConfig): Sql {
  const columns = originColumns(table).map((name) => sql`${ident(name)}::varchar as ${ident(name)}`)
  return join([...columns, sql`coalesce(${ident(LINE)}, 0) as ${ident(LINE)}`], ', ')
}

export function originColumns(table: TableConfig): string[] {
  return lineageColumns(table)
    .map(({ name }) => name)
    .filter((name) => name !== LINE)
}

/** Gathers the lineage of rows chunk by chunk and encodes it. */
export class LineageEncoder {
  readonly #type: avro.Type
  readonly #names: readonly string[]
  readonly #columns: readonly TextColumn[]
  readonly #firstColumn: number
  readonly #fileNames: ReadonlyMap<string, string>
  #open: { origin: Record<string, string | null>; line: number; rows: number } | null = null
  #pieces: Buffer[] = []
  #bytes = 0

  /**
   * @param firstColumn index of the first of `selectLineage`'s columns in the chunks
   * @param fileNames by file id
   */
  constructor(schema: string, table: TableConfig, firstColumn: number, fileNames: ReadonlyMap<string, string>) {
    this.#fileNames = fileNames
    this.#type = avro.Type.forSchema(JSON.parse(schema))
    this.#names = originColumns(table)
    this.#columns = this.#names.map(() => new TextColumn())
    this.#firstColumn = firstColumn
  }

  /** Add a chunk's rows. @returns the blocks that are full by now */
  encode(chunk: DuckDBDataChunk): EncodedBlock[] {
    for (const [index, column] of this.#columns.entries()) column.read(chunk, this.#firstColumn + index)
    const { bytes } = fixedColumn(chunk, this.#firstColumn + this.#columns.length, 8)
    const lines = new BigInt64Array(bytes.buffer, bytes.byteOffset, chunk.rowCount)
    const full: EncodedBlock[] = []
    for (let row = 0; row < chunk.rowCount; row++) {
      const line = Number(lines[row])
      const open = this.#open
      if (open !== null && line === open.line + open.rows && this.#isSame(row)) {
        open.rows++
        continue
      }
      full.push(...this.#close())
      this.#open = { origin: this.#originAt(row), line, rows: 1 }
    }
    return full
  }

  end(): EncodedBlock | null {
    this.#close()
    return this.#pieces.length === 0 ? null : this.#take()
  }

  /** Whether a row comes from where the row before it comes from. */
  #isSame(row: number): boolean {
    if (row === 0) {
      const origin = this.#originAt(0)
      return this.#names.every((name) => this.#open?.origin[name] === origin[name])
    }
    return this.#columns.every((column) => {
      const isThere = isValid(column.validity, row)
      return isThere === isValid(column.validity, row - 1) && (!isThere || column.isSame(row, row - 1))
    })
  }

  #originAt(row: number): Record<string, string | null> {
    const values = this.#columns.map((column) => (isValid(column.validity, row) ? column.text(row) : null))
    return Object.fromEntries(this.#names.map((name, index) => [name, values[index] ?? null]))
  }

  #close(): EncodedBlock[] {
    if (this.#open === null) return []
    const { origin, line, rows } = this.#open
    const piece = this.#type.toBuffer({
      ...origin,
      [FILE]: this.#fileNames.get(origin._file_id ?? '') ?? null,
      [LINE]: line,
      [ROWS]: rows,
    })
    this.#pieces.push(piece)
    this.#bytes += piece.length
    this.#open = null
    return this.#bytes >= BLOCK_BYTES ? [this.#take()] : []
  }

  #take(): EncodedBlock {
    const block = { rows: this.#pieces.length, bytes: Buffer.concat(this.#pieces) }
    this.#pieces = []
    this.#bytes = 0
    return block
  }
}
