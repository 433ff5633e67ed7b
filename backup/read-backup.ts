import { createHash } from 'node:crypto'
import type { DuckDBAppender } from '@duckdb/node-api'
import type { BackupSource, RowBatch, SourceColumn, ValueRange } from '../control/row-source.ts'
import type { TableConfig } from '../core/config/schema.ts'
import type { Engine } from '../core/engine.ts'
import { messageOf } from '../core/errors.ts'
import { NotUtf8 } from '../core/new-chunk.ts'
import { type AvroBlock, AvroFileReader, DamagedFile } from './avro/read-file.ts'
import { readShape } from './avro/shape.ts'
import type { Cursor } from './avro/varint.ts'
import { ChunkTarget } from './chunk-target.ts'
import { damaged } from './damage.ts'
import { type LineageReader, openLineage } from './lineage-reader.ts'
import { type BackupMetadata, readMetadata } from './metadata.ts'
import { type FieldPlan, type FieldReader, planFields } from './plan-fields.ts'
import { RisingStretches } from './rising-stretches.ts'
import { contractHash } from './table-schema.ts'

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
  /** By column of the file. */
  readonly #stretches: readonly (RisingStretches | null)[]
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
    this.#stretches = plan.columns.map(({ type }) => (/^(INTEGER|BIGINT)$/.test(type) ? new RisingStretches() : null))
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
        const isSameContract = metadata?.contract === contractHash(table)
        const plan = planFields(readShape(schema.toString('utf8')), table, isSameContract)
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

  overlaps(column: string): readonly ValueRange[] | null {
    return this.#stretches[this.columns.findIndex(({ name }) => name === column)]?.overlaps ?? null
  }

  async fill(engine: Engine, tableName: string): Promise<RowBatch | null> {
    const columns = [...this.columns, { name: '_origin', type: 'INTEGER' }, { name: '_line', type: 'BIGINT' }]
    return engine.append(tableName, columns, (appender) => damaged(this.path, () => this.#fillBatch(appender)))
  }

  async #fillBatch(appender: DuckDBAppender): Promise<RowBatch | null> {
    this.#lineage?.beginBatch()
    const target = new ChunkTarget(appender, this.#fields, this.columns.length, this.#stretches)
    let [rows, bytes] = [0, 0]
    while (rows < BATCH_ROWS && bytes < BATCH_BYTES) {
      const { value: block, done } = await this.#blocks.next()
      if (done === true) break
      await this.#decode(block, target)
      rows += block.rows
      bytes += block.bytes.length
    }
    this.#flush(target)
    if (rows > 0) return { rows, origins: this.#lineage?.origins ?? [] }
    await this.#checkWhole()
    return null
  }

  async #decode(block: AvroBlock, target: ChunkTarget): Promise<void> {
    this.#digest.update(block.bytes)
    const where = `in the block at byte ${block.at} of ${this.#file.sizeBytes}`
    if (block.rows > block.bytes.length)
      throw new DamagedFile(`${where}: ${block.rows} records in ${block.bytes.length} bytes`)
    const cursor: Cursor = { bytes: block.bytes, at: 0 }
    for (const end = this.#rows + block.rows; this.#rows < end; ) {
      if (target.isFull) this.#flush(target)
      await this.#readRows(cursor, end - this.#rows, target, where)
    }
    if (cursor.at < block.bytes.length)
      throw new DamagedFile(
        `${where}: ${block.bytes.length - cursor.at} bytes are left behind its ${block.rows} records`,
      )
  }

  async #readRows(cursor: Cursor, count: number, target: ChunkTarget, where: string): Promise<void> {
    const before = target.rows
    try {
      target.read(cursor, count)
    } catch (error) {
      throw new DamagedFile(`${where}, record ${this.#rows + target.rows - before + 1}: ${messageOf(error)}`)
    }
    const rows = target.rows - before
    if (this.#lineage === null) target.place(0, this.#rows + 1, rows)
    else await this.#lineage.take(rows, (...stretch) => target.place(...stretch))
    this.#rows += rows
  }

  #flush(target: ChunkTarget): void {
    const first = this.#rows - target.rows + 1
    try {
      target.flush()
    } catch (error) {
      if (error instanceof NotUtf8) throw new DamagedFile(`record ${first + error.row}: ${error.message}`)
      throw error
    }
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
