import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** What a user of one catalog sees. */
export interface View {
  readonly version: number
  /** Rows and digest of each view, without the columns that differ from run to run. */
  readonly tables: Readonly<Record<string, string>>
  /** Tables that are not droplake's. */
  readonly ownTables: readonly string[]
  readonly files: readonly (readonly (string | number | null)[])[]
  readonly runs: readonly {
    readonly runId: number
    readonly version: number
    readonly status: string
    readonly error: string | null
  }[]
}

/** A process of its own that opens catalogs read-only and tells what it sees. Close it. */
export class Reader {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>

  constructor() {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, 'reader.mjs')], { stdio: 'pipe' })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** @returns the view, or what kept the reader from it */
  async look(path: string): Promise<View | { readonly error: string }> {
    this.#child.stdin.write(`${JSON.stringify({ path })}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the reader died')
    return JSON.parse(value as string) as View
  }

  close(): void {
    this.#child.kill()
  }
}
