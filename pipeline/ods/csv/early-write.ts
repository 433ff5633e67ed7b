import { removeDataFile } from '../../../control/data-files.ts'
import type { DataFile } from '../../../control/ledger.ts'
import type { RecordSource } from '../record-source.ts'
import type { RegularText } from './read-regular.ts'
import { writeLines } from './write-regular.ts'

/**
 * The engine's read of a whole file, begun while the account is still being made, in the hope that every record turns out to
 * be regular: the two then take no longer than one. It is worth nothing before it was held against the account.
 */
export class EarlyWrite {
  readonly #source: RecordSource
  readonly #text: RegularText
  #written: Promise<DataFile | null> | undefined
  #isCancelled = false

  constructor(source: RecordSource, text: RegularText) {
    this.#source = source
    this.#text = text
  }

  begin(): void {
    if (this.#isCancelled) return
    this.#written ??= writeLines(this.#source, this.#text).catch(() => null)
  }

  /** A line was found that the engine must not read. */
  cancel(): void {
    if (this.#written !== undefined && !this.#isCancelled) this.#source.lake.engine.interrupt()
    this.#isCancelled = true
  }

  /** What was written; null when it was not begun, or cancelled, or the engine could not read the file. */
  async result(): Promise<DataFile | null> {
    const written = (await this.#written) ?? null
    if (written === null || !this.#isCancelled) return written
    await removeDataFile(this.#source.lake.layout, written)
    return null
  }
}
