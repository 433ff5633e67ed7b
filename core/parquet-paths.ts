import { join } from 'node:path'
import { DroplakeError } from './errors.ts'
import { withSuffix } from './file-names.ts'

/**
 * The Parquet files that one engine writes. None is written twice in the engine's life, not even after it was removed: DuckDB 1.5.6
 * may answer a query of the new file from the footer of the old one (docs/engine.md). Its cache is off, and this holds even if it were on.
 */
export class ParquetPaths {
  readonly #issued = new Set<string>()
  readonly #written = new Set<string>()

  /** A path that this engine has neither issued nor written yet: `<stem>.parquet`, then `<stem>.2.parquet`, and so on. */
  issue(folder: string, stem: string): string {
    for (let number = 1; ; number++) {
      const path = join(folder, withSuffix(stem, number === 1 ? '.parquet' : `.${number}.parquet`))
      if (this.#issued.has(path) || this.#written.has(path)) continue
      this.#issued.add(path)
      return path
    }
  }

  /**
   * Note that a file is about to be written.
   *
   * @throws {DroplakeError} INTERNAL when this engine has written the path before
   */
  claim(path: string): void {
    if (this.#written.has(path))
      throw new DroplakeError('INTERNAL', `"${path}" was about to be written a second time by the same engine`)
    this.#written.add(path)
  }
}
