import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { READ_CHUNK_BYTES, removePath } from '../../../core/durable-files.ts'
import type { CsvDialect } from './dialect.ts'
import type { LineSink } from './record-account.ts'

const LINE_ENDS = { lf: '\n', crlf: '\r\n' } as const

/**
 * The file as the engine is to read it: each regular record on its line, as it came, and on every other line a placeholder,
 * a record whose fields are all empty. So a row's number still tells its line. A file of regular records alone is read as
 * it is: nothing is written until the first other line.
 */
export class RegularCopy implements LineSink {
  readonly #source: string
  readonly #onBegin: () => void
  readonly #path: string
  readonly #bodyOffset: number
  readonly #lineEnd: Buffer
  readonly #placeholder: Buffer
  #file: number | undefined
  #buffer = Buffer.alloc(0)
  #length = 0
  #placeholders = 0
  #isNeeded = false

  /** @param path where the copy goes @param onBegin called when it turns out that one is needed */
  constructor(source: string, path: string, dialect: CsvDialect, onBegin: () => void = () => undefined) {
    this.#onBegin = onBegin
    this.#source = source
    this.#path = path
    this.#bodyOffset = dialect.start.offset
    this.#lineEnd = Buffer.from(LINE_ENDS[dialect.lineEnd])
    // A line without a byte would be no record to the engine.
    const empty = dialect.columns.length === 1 ? dialect.quote.repeat(2) : ''
    this.#placeholder = Buffer.from(
      empty + dialect.delimiter.repeat(dialect.columns.length - 1) + LINE_ENDS[dialect.lineEnd],
    )
  }

  /** Lines that hold no regular record. */
  get placeholders(): number {
    return this.#placeholders
  }

  /** Where the copy is; undefined when none was needed. */
  get path(): string | undefined {
    return this.#isNeeded ? this.#path : undefined
  }

  /** Begin the copy now, also where all lines so far are regular. */
  begin(offset: number = this.#bodyOffset): void {
    if (this.#isNeeded) return
    this.#isNeeded = true
    this.#onBegin()
    this.#file = openSync(this.#path, 'w')
    this.#buffer = Buffer.allocUnsafe(READ_CHUNK_BYTES)
    this.#copyBefore(offset)
  }

  regularLines(bytes: Buffer, start: number, end: number): void {
    if (this.#file !== undefined) this.#write(bytes, start, end)
  }

  oddLine(bytes: Buffer, start: number, end: number, offset: number): void {
    this.begin(offset)
    this.#write(bytes, start, end)
    this.#write(this.#lineEnd, 0, this.#lineEnd.length)
  }

  otherLines(count: number, offset: number): void {
    this.begin(offset)
    this.#placeholders += count
    for (let line = 0; line < count; line++) this.#write(this.#placeholder, 0, this.#placeholder.length)
  }

  /** Safe to repeat. */
  close(): void {
    if (this.#file === undefined) return
    this.#flush()
    closeSync(this.#file)
    this.#file = undefined
  }

  /** The engine has read it, or never will. */
  async remove(): Promise<void> {
    this.close()
    if (this.#isNeeded) await removePath(this.#path)
  }

  /** The regular lines up to `offset`, which were passed over until now. */
  #copyBefore(offset: number): void {
    const source = openSync(this.#source, 'r')
    try {
      for (let at = this.#bodyOffset; at < offset; ) {
        const size = readSync(source, this.#buffer, 0, Math.min(this.#buffer.length, offset - at), at)
        writeWhole(this.#file as number, this.#buffer, size)
        at += size
      }
    } finally {
      closeSync(source)
    }
  }

  #write(bytes: Buffer, start: number, end: number): void {
    if (end - start > this.#buffer.length) {
      this.#flush()
      writeWhole(this.#file as number, bytes.subarray(start, end), end - start)
      return
    }
    if (this.#length + end - start > this.#buffer.length) this.#flush()
    bytes.copy(this.#buffer, this.#length, start, end)
    this.#length += end - start
  }

  #flush(): void {
    writeWhole(this.#file as number, this.#buffer, this.#length)
    this.#length = 0
  }
}

function writeWhole(file: number, bytes: Buffer, length: number): void {
  for (let at = 0; at < length; ) at += writeSync(file, bytes, at, length - at)
}
