import { createHash } from 'node:crypto'
import avro from 'avsc'
import { exists } from '../core/durable-files.ts'
import { type AvroBlock, AvroFileReader, DamagedFile } from './avro/read-file.ts'
import { lineageCandidates } from './backup-files.ts'
import type { LineageRun, Origin } from './lineage.ts'
import { type BackupMetadata, readMetadata } from './metadata.ts'

/**
 * The lineage of a backup's rows, from the file beside it.
 *
 * @returns null for a file of another program, and where the lineage is not there
 * @throws when it is damaged, or belongs to another backup
 */
export async function openLineage(path: string, metadata: BackupMetadata | null): Promise<LineageReader | null> {
  if (metadata === null) return null
  for (const candidate of lineageCandidates(path, metadata.table, metadata.version))
    if (await exists(candidate)) return LineageReader.open(candidate, metadata)
  return null
}

/** Rows that follow one another come from one origin (an index into `origins`), the first from this line, each next one from the next. */
export type OnStretch = (origin: number, line: number, rows: number) => void

export class LineageReader {
  /** Those that rows of this batch have. */
  origins: Origin[] = []
  readonly #file: AvroFileReader
  readonly #metadata: BackupMetadata
  readonly #type: avro.Type
  readonly #blocks: AsyncGenerator<AvroBlock>
  readonly #digest = createHash('sha256')
  readonly fileNames = new Map<string, string>()
  readonly #indexes = new Map<string, number>()
  #runs: LineageRun[] = []
  #next = 0
  /** Rows of the run at `#next` that have their place already. */
  #used = 0
  #records = 0

  private constructor(file: AvroFileReader, metadata: BackupMetadata, schema: string) {
    this.#file = file
    this.#metadata = metadata
    this.#type = avro.Type.forSchema(JSON.parse(schema))
    this.#blocks = file.blocks()
  }

  static async open(path: string, rows: BackupMetadata): Promise<LineageReader> {
    const file = await AvroFileReader.open(path)
    try {
      const metadata = readMetadata(file.header, file.headBytes)
      if (metadata?.part !== 'lineage' || metadata.rowsDigest !== rows.digest || metadata.rows !== rows.rows)
        throw new DamagedFile(`its lineage, "${path}", belongs to another backup; put back its own, or take it away`)
      return new LineageReader(file, metadata, file.header.metadata.get('avro.schema')?.toString('utf8') ?? '')
    } catch (error) {
      await file.close()
      throw error instanceof DamagedFile ? new DamagedFile(`its lineage, "${path}": ${error.message}`) : error
    }
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined)
    await this.#file.close()
  }

  beginBatch(): void {
    this.origins = []
    this.#indexes.clear()
  }

  /** Tell where the next rows come from. */
  async take(rows: number, onStretch: OnStretch = () => undefined): Promise<void> {
    for (let row = 0; row < rows; ) {
      const run = await this.#current()
      const count = Math.min(rows - row, run.rows - this.#used)
      onStretch(this.#indexOf(run.origin), run.line + this.#used, count)
      this.#used += count
      row += count
    }
  }

  /** @throws when it has more or other records than its header says */
  async checkWhole(): Promise<void> {
    const isUsedUp = this.#next >= this.#runs.length || this.#used === this.#runs.at(-1)?.rows
    const isAtEnd = (await this.#blocks.next()).done === true
    const { records, digest } = this.#metadata
    if (isUsedUp && isAtEnd && records === this.#records && digest === this.#digest.digest('hex')) return
    throw new DamagedFile(`its lineage, "${this.#file.path}", does not have the records that its header says`)
  }

  async #current(): Promise<LineageRun> {
    const run = this.#runs[this.#next]
    if (run !== undefined && this.#used < run.rows) return run
    this.#used = 0
    if (run !== undefined) this.#next++
    if (this.#next >= this.#runs.length) await this.#readBlock()
    return this.#runs[this.#next] as LineageRun
  }

  async #readBlock(): Promise<void> {
    const { value: block, done } = await this.#blocks.next()
    if (done === true) throw new DamagedFile(`its lineage, "${this.#file.path}", has fewer rows than the backup`)
    this.#digest.update(block.bytes)
    const bytes = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.length)
    this.#runs = []
    this.#next = 0
    for (let offset = 0; offset < bytes.length; this.#records++) {
      const { value, offset: end } = this.#type.decode(bytes, offset)
      if (end <= offset) throw new DamagedFile(`its lineage, "${this.#file.path}", ends in the middle of a record`)
      const { _line: line, _rows: rows, _file: name, ...origin } = value as { _line: number; _rows: number } & Origin
      if (origin._file_id != null && name != null) this.fileNames.set(origin._file_id, name)
      this.#runs.push({ origin: { ...origin }, line, rows })
      offset = end
    }
    if (this.#runs.length === 0) await this.#readBlock()
  }

  #indexOf(origin: Origin): number {
    const key = JSON.stringify(origin)
    const known = this.#indexes.get(key)
    if (known !== undefined) return known
    this.#indexes.set(key, this.origins.length)
    this.origins.push(origin)
    return this.origins.length - 1
  }
}
