import { type FileHandle, open } from 'node:fs/promises'
import { READ_CHUNK_BYTES } from '../../../core/durable-files.ts'

/** The part of a file that is in memory: what is not consumed yet moves to the front, and more is read behind it. */
export class ReadWindow {
  readonly #file: FileHandle
  bytes: Buffer
  length = 0
  isLast = false
  /** Where in the file the next read begins. */
  #offset: number

  private constructor(file: FileHandle, offset: number, sizeBytes: number) {
    this.#file = file
    this.#offset = offset
    this.bytes = Buffer.allocUnsafe(sizeBytes)
  }

  static async open(path: string, offset: number): Promise<ReadWindow> {
    const file = await open(path, 'r')
    const { size } = await file.stat()
    return new ReadWindow(file, offset, Math.min(4 * READ_CHUNK_BYTES, Math.max(size - offset, 0) + 1))
  }

  /** Bytes of the file up to the window's end. */
  get doneBytes(): number {
    return this.#offset
  }

  /** Where in the file the window begins. */
  get startOffset(): number {
    return this.#offset - this.length
  }

  /** Read on; false when all bytes were consumed. */
  async fill(): Promise<boolean> {
    if (this.isLast) return false
    if (this.bytes.length - this.length < Math.min(READ_CHUNK_BYTES, this.bytes.length / 2))
      this.bytes = Buffer.concat([this.bytes.subarray(0, this.length)], this.bytes.length * 2)
    const { bytesRead } = await this.#file.read(this.bytes, this.length, this.bytes.length - this.length, this.#offset)
    this.isLast = bytesRead === 0
    this.length += bytesRead
    this.#offset += bytesRead
    return this.length > 0
  }

  consume(count: number): void {
    this.bytes.copyWithin(0, count, this.length)
    this.length -= count
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
