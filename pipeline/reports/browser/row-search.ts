import { formatValue } from '../charts/numbers.ts'
import type { PageTable } from '../charts/page-data.ts'

/** Rows that are made ready for the search at a time: a few milliseconds. */
const ROWS_AT_ONCE = 2000

/** Finds rows by what their cells show. Texts of the rows are made ready a few at a time, before anybody types. */
export class RowSearch {
  readonly #table: PageTable
  readonly #texts: string[] = []

  constructor(table: PageTable) {
    this.#table = table
    this.#prepareSome()
  }

  /**
   * The rows that hold every word, in any of their cells, whatever the case and the accents, grouped numbers or not.
   *
   * @param among numbers of rows; null: all
   */
  find(words: string, among: readonly number[] | null): number[] {
    const rows = among ?? Array.from({ length: this.#table.rowCount }, (_, row) => row)
    const wanted = plain(words).split(/\s+/).filter(Boolean)
    if (wanted.length === 0) return [...rows]
    this.#prepare(this.#table.rowCount)
    return rows.filter((row) => wanted.every((word) => this.#texts[row]?.includes(word)))
  }

  #prepareSome(): void {
    this.#prepare(this.#texts.length + ROWS_AT_ONCE)
    if (this.#texts.length < this.#table.rowCount) setTimeout(() => this.#prepareSome(), 10)
  }

  #prepare(end: number): void {
    const { columns, values, rowCount } = this.#table
    for (let row = this.#texts.length; row < Math.min(end, rowCount); row++) {
      const cells = columns.map((column, index) => formatValue(values[index]?.[row] ?? null, column))
      this.#texts.push(plain(cells.join('\n')))
    }
  }
}

/** A text as it is compared: `Église` as `eglise`, `1,953` as `1953`. */
function plain(text: string): string {
  const ungrouped = text.includes(',') ? text.replace(/(\d),(?=\d{3}(?!\d))/g, '$1') : text
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has no accents, and most texts are ASCII
  const isPlain = /^[\x00-\x7f]*$/.test(ungrouped)
  return (isPlain ? ungrouped : ungrouped.normalize('NFD').replace(/\p{M}/gu, '')).toLowerCase()
}
