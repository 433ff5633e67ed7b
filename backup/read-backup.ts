import { createHash } from 'node:crypto'
import type { DuckDBAppender } from '@duckdb/node-api'
import type { BackupSource, RowBatch, SourceColumn } from '../control/row-source.ts'
import { CHUNK_ROWS, NewChunk } from '../core/chunk-memory.ts'
import type { TableConfig } from '../core/config/schema.ts'
import type { Engine } from '../core/engine.ts'
import { DroplakeError, messageOf } from '../core/errors.ts'
import { ident, join, raw, sql } from '../core/sql.ts'
import { type AvroBlock, AvroFileReader, DamagedFile } from './avro/read-file.ts'
import { readShape, type ShapedField } from './avro/shape.ts'
import type { Cursor } from './avro/varint.ts'
import { damaged } from './damage.ts'
import { type ColumnDecoder, decoderOf, skipping } from './decode-rows.ts'
import { type LineageReader, openLineage } from './lineage-reader.ts'
import { type BackupMetadata, readMetadata } from './metadata.ts'
import { COLUMN_PROPERTY, contractHash } from './table-schema.ts'

/** A batch ends after so many rows, or so many bytes of records: what is kept in memory at a time. */
const BATCH_ROWS = 500_000
const BATCH_BYTES = 64 * 1024 * 1024

/** A file with rows for a table. Close it, whatever happens. */
export class BackupReader implements BackupSource {
  readonly columns: readonly SourceColumn[]
  readonly metadata: BackupMetadata | null
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly unreadable: readonly string[]
  readonly hasLineage: boolean
  readonly #file: AvroFileReader
  readonly #lineage: LineageReader | null
  readonly #fields: readonly FieldReader[]
  readonly #blocks: AsyncGenerator<AvroBlock>
  readonly #digest = createHash('sha256')
  #rows = 0

  private constructor(
    file: AvroFileReader,
    metadata: BackupMetadata | null,
    lineage: LineageReader | null,
    plan: FieldPlan,
  ) {
    this.#file = file
    this.#lineage = lineage
    this.#fields = plan.fields
    this.#blocks = file.blocks()
    this.metadata = metadata
    this.hasLineage = lineage !== null
    this.columns = plan.columns
    this.missing = plan.missing
    this.surplus = plan.surplus
    this.unreadable = plan.unreadable
  }

  /** @throws {DroplakeError} BACKUP_NOT_FOUND, BACKUP_DAMAGED */
  static async open(path: string, table: TableConfig): Promise<BackupReader> {
    return damaged(path, async () => {
      const file = await AvroFileReader.open(path)
      try {
        const metadata = readMetadata(file.header, file.headBytes)
        if (metadata !== null && metadata.part !== 'rows')
          throw new DamagedFile('it is the lineage of a backup, not the backup itself')
        const schema = file.header.metadata.get('avro.schema')
        if (schema === undefined) throw new DamagedFile('its header has no "avro.schema"')
        const plan = planFields(readShape(schema.toString('utf8')), table, {
          isOurs: metadata !== null,
          // A column that was text then may hold anything.
          isSameContract: metadata?.contract === contractHash(table),
        })
        return new BackupReader(file, metadata, await openLineage(path, metadata), plan)
      } catch (error) {
        await file.close()
        throw error
      }
    })
  }

  get writesIso(): boolean {
    return this.metadata !== null
  }

  get path(): string {
    return this.#file.path
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  get fileNames(): ReadonlyMap<string, string> {
    return this.#lineage?.fileNames ?? new Map()
  }

  get digest(): string {
    return this.#digest.copy().digest('hex')
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined)
    await this.#lineage?.close()
    await this.#file.close()
  }

  async fill(engine: Engine, tempTable: string): Promise<RowBatch | null> {
    const definitions = [...this.columns, { name: '_origin', type: 'INTEGER' }, { name: '_line', type: 'BIGINT' }]
    const columns = join(
      definitions.map(({ name, type }) => sql`${ident(name)} ${raw(type)}`),
      ', ',
    )
    await engine.run(sql`create or replace temp table ${ident(tempTable)} (${columns})`)
    const appender = await engine.connection.createAppender(tempTable, 'main', 'temp')
    try {
      return await damaged(this.path, () => this.#fillBatch(appender))
    } finally {
      appender.closeSync()
    }
  }

  async #fillBatch(appender: DuckDBAppender): Promise<RowBatch | null> {
    this.#lineage?.beginBatch()
    const target = new ChunkTarget(appender, this.columns.length, this.#fields)
    let [rows, bytes] = [0, 0]
    while (rows < BATCH_ROWS && bytes < BATCH_BYTES) {
      const { value: block, done } = await this.#blocks.next()
      if (done === true) break
      await this.#decode(block, target)
      this.#rows += block.rows
      rows += block.rows
      bytes += block.bytes.length
    }
    target.end()
    if (rows > 0) return { rows, origins: this.#lineage?.origins ?? [] }
    await this.#checkWhole()
    return null
  }

  async #decode(block: AvroBlock, target: ChunkTarget): Promise<void> {
    this.#digest.update(block.bytes)
    const where = `in the block at byte ${block.at} of ${this.#file.sizeBytes}`
    if (block.rows > block.bytes.length)
      throw new DamagedFile(`${where}: ${block.rows} records in ${block.bytes.length} bytes`)
    const places = (await this.#lineage?.take(block.rows)) ?? null
    const cursor: Cursor = { bytes: block.bytes, at: 0 }
    for (let row = 0; row < block.rows; row++) {
      try {
        target.read(cursor)
      } catch (error) {
        if (error instanceof DroplakeError) throw error
        throw new DamagedFile(`${where}, record ${this.#rows + row + 1}: ${messageOf(error)}`)
      }
      if (cursor.at > block.bytes.length)
        throw new DamagedFile(`${where}, record ${this.#rows + row + 1}: it goes beyond the block`)
      if (places === null) target.place(0, this.#rows + row + 1)
      else target.place(places.origins[row] as number, places.lines[row] as number)
    }
    if (cursor.at < block.bytes.length)
      throw new DamagedFile(
        `${where}: ${block.bytes.length - cursor.at} bytes are left behind its ${block.rows} records`,
      )
  }

  /** Only now is it known that nothing was lost: the file says how many records it had, and what they were. */
  async #checkWhole(): Promise<void> {
    if (this.metadata === null) return
    const { records, digest } = this.metadata
    if (records !== this.#rows) throw new DamagedFile(`it has ${this.#rows} records; its header says ${records}`)
    if (this.digest !== digest)
      throw new DamagedFile(`its records have the digest ${this.digest}; its header says ${digest}`)
    await this.#lineage?.checkWhole()
  }
}

interface FieldPlan {
  readonly columns: readonly SourceColumn[]
  readonly fields: readonly FieldReader[]
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly unreadable: readonly string[]
}

/** A field of the record, in its order: the column that takes it, or only a way past it. */
type FieldReader =
  | { readonly column: number; readonly decoder: ColumnDecoder }
  | { readonly column: null; readonly skip: (cursor: Cursor) => void }

interface PlanOrigin {
  readonly isOurs: boolean
  readonly isSameContract: boolean
}

/** Fields belong to columns by name: by the one that a backup of ours notes, else by their own, in any case. */
function planFields(shaped: readonly ShapedField[], table: TableConfig, origin: PlanOrigin): FieldPlan {
  const tableColumns = Object.keys(table.columns)
  const formOf = (column: string) => ({
    isOurs: origin.isOurs,
    isIsoTimestamp: origin.isSameContract && table.columns[column]?.type === 'timestamp',
  })
  const columns: SourceColumn[] = []
  const [surplus, unreadable]: [string[], string[]] = [[], []]
  const named = new Set<string>()
  const fields = shaped.map((field): FieldReader => {
    const name = String(field.properties[COLUMN_PROPERTY] ?? field.name)
    const column =
      tableColumns.find((candidate) => candidate === name) ??
      tableColumns.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    if (column !== undefined) named.add(column)
    const decoder = column === undefined ? undefined : decoderOf(field.shape, formOf(column))
    if (column === undefined || decoder === undefined || columns.some((taken) => taken.name === column)) {
      if (column === undefined) surplus.push(field.name)
      else unreadable.push(field.name)
      return { column: null, skip: skipping(field.shape) }
    }
    columns.push({ name: column, type: decoder.type })
    return { column: columns.length - 1, decoder }
  })
  const missing = tableColumns.filter((column) => !named.has(column))
  return { columns, fields, missing, surplus, unreadable }
}

/** Rows on their way into a table: a chunk at a time. */
class ChunkTarget {
  readonly #appender: DuckDBAppender
  readonly #fields: readonly FieldReader[]
  readonly #columnCount: number
  readonly #types: ConstructorParameters<typeof NewChunk>[0]
  readonly #origins = new Int32Array(CHUNK_ROWS)
  readonly #lines = new Int32Array(CHUNK_ROWS * 2)
  #chunk: NewChunk
  #row = 0

  constructor(appender: DuckDBAppender, columnCount: number, fields: readonly FieldReader[]) {
    this.#appender = appender
    this.#fields = fields
    this.#columnCount = columnCount
    this.#types = Array.from({ length: columnCount + 2 }, (_, index) => appender.columnType(index))
    this.#chunk = new NewChunk(this.#types)
  }

  /** Read a record into the next row. */
  read(cursor: Cursor): void {
    if (this.#row === CHUNK_ROWS) this.#flush()
    for (const field of this.#fields) {
      if (field.column === null) field.skip(cursor)
      else field.decoder.read(cursor, this.#row, this.#chunk, field.column)
    }
  }

  /** Where that record comes from. */
  place(origin: number, line: number): void {
    this.#origins[this.#row] = origin
    this.#lines[this.#row * 2] = line | 0
    this.#lines[this.#row * 2 + 1] = Math.floor(line / 2 ** 32)
    this.#row++
  }

  end(): void {
    if (this.#row > 0) this.#flush()
    this.#appender.flushSync()
  }

  #flush(): void {
    const chunk = this.#chunk
    chunk.chunk.rowCount = this.#row
    for (const field of this.#fields) if (field.column !== null) field.decoder.fill(chunk, field.column)
    chunk.setColumn(this.#columnCount, new Uint8Array(this.#origins.buffer), null)
    chunk.setColumn(this.#columnCount + 1, new Uint8Array(this.#lines.buffer), null)
    try {
      this.#appender.appendDataChunk(chunk.chunk)
    } catch (cause) {
      throw new DroplakeError('ENGINE_FAILED', messageOf(cause), { cause })
    }
    this.#chunk = new NewChunk(this.#types)
    this.#row = 0
  }
}
