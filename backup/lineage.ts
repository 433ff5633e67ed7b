import type { DuckDBDataChunk } from '@duckdb/node-api'
import avro from 'avsc'
import { fixedColumn } from '../core/chunk-memory.ts'
import type { TableConfig } from '../core/config/schema.ts'
import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import { ident, join, type Sql, sql } from '../core/sql.ts'
import type { EncodedBlock } from './encode-rows.ts'
import { LINE, type OriginColumn, originColumnsOf } from './origin-columns.ts'

/** What the rows that follow one another in a table have in common, by column; `_line` is not among them. */
export type Origin = Readonly<Record<string, string | null>>

/** Rows that follow one another in the table and in a file: the first has line `line`, each next one the next line. */
export interface LineageRun {
  readonly origin: Origin
  readonly line: number
  readonly rows: number
}

const ROWS = '_rows'
/** The name of the file, which the table itself does not have. */
const FILE = '_file'
const BLOCK_BYTES = 64 * 1024

/** The schema of a table's lineage file: a record for each stretch of rows, not for each row. */
export function lineageSchema(recordName: string, table: TableConfig): string {
  const names = [...originColumnsOf(table).map(({ name }) => name), FILE]
  const fields = names.map((name) => ({ name, type: ['null', 'string'], default: null }))
  return JSON.stringify({
    type: 'record',
    name: `${recordName}_lineage`,
    doc: 'Where the rows of the table come from, in their order: so many rows, from this line of the file on.',
    fields: [...fields, { name: LINE, type: 'long' }, { name: ROWS, type: 'long' }],
  })
}

/** The lineage of a table's rows as columns of a query; the last is the line. */
export function selectLineage(table: TableConfig): Sql {
  const columns = originColumnsOf(table).map(({ select }) => select)
  return join([...columns, sql`coalesce(${ident(LINE)}, 0) as ${ident(LINE)}`], ', ')
}

/** Gathers the lineage of rows chunk by chunk and encodes it. */
export class LineageEncoder {
  readonly #type: avro.Type
  readonly #columns: readonly OriginColumn[]
  readonly #firstColumn: number
  readonly #fileNames: ReadonlyMap<string, string>
  /** 1 where a row begins another stretch than the row before it is part of. */
  readonly #marks = new Uint8Array(CHUNK_ROWS)
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
    this.#columns = originColumnsOf(table)
    this.#firstColumn = firstColumn
  }

  /** Add a chunk's rows. @returns the blocks that are full by now */
  encode(chunk: DuckDBDataChunk): EncodedBlock[] {
    const rowCount = chunk.rowCount
    const marks = this.#marks
    const { bytes } = fixedColumn(chunk, this.#firstColumn + this.#columns.length, 8)
    const lines = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount * 2)
    marks.fill(0)
    markJumps(lines, marks, rowCount)
    for (const [index, column] of this.#columns.entries()) {
      column.read(chunk, this.#firstColumn + index)
      column.markChanges(marks, rowCount)
    }
    marks[0] = this.#goesOn(lines) ? 0 : 1
    const full: EncodedBlock[] = []
    for (let row = 0; row < rowCount; ) {
      const next = marks.indexOf(1, row + 1)
      const end = next < 0 ? rowCount : next
      if (marks[row] === 1) {
        full.push(...this.#close())
        this.#open = { origin: this.#originAt(row), line: lineAt(lines, row), rows: 0 }
      }
      if (this.#open !== null) this.#open.rows += end - row
      row = end
    }
    return full
  }

  end(): EncodedBlock | null {
    const last = this.#close().at(-1)
    return last ?? (this.#pieces.length === 0 ? null : this.#take())
  }

  /** Whether the chunk's first row goes on where the chunk before it ended. */
  #goesOn(lines: Int32Array): boolean {
    const open = this.#open
    if (open === null || lineAt(lines, 0) !== open.line + open.rows) return false
    return this.#columns.every(({ name, textAt }) => open.origin[name] === textAt(0))
  }

  #originAt(row: number): Record<string, string | null> {
    return Object.fromEntries(this.#columns.map(({ name, textAt }) => [name, textAt(row)]))
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

/** Mark each row from the second on whose line is not the one behind that of the row before it. */
function markJumps(lines: Int32Array, marks: Uint8Array, rowCount: number): void {
  for (let row = 1; row < rowCount; row++) if (lineAt(lines, row) !== lineAt(lines, row - 1) + 1) marks[row] = 1
}

function lineAt(lines: Int32Array, row: number): number {
  return (lines[row * 2 + 1] as number) * 2 ** 32 + ((lines[row * 2] as number) >>> 0)
}
