import { formatValue } from '../charts/numbers.ts'
import type { PageTable } from '../charts/page-data.ts'

/** Finds rows by what their cells show. */
export class RowSearch {
  readonly #table: PageTable
  #texts: readonly string[] | undefined

  constructor(table: PageTable) {
    this.#table = table
  }

  /**
   * The rows that hold every word, in any of their cells, whatever the case.
   *
   * @param among numbers of rows; null: all
   */
  find(words: string, among: readonly number[] | null): number[] {
    const rows = among ?? Array.from({ length: this.#table.rowCount }, (_, row) => row)
    const wanted = searchable(words).split(/\s+/).filter(Boolean)
    if (wanted.length === 0) return [...rows]
    this.#texts ??= rowTexts(this.#table)
    const texts = this.#texts
    return rows.filter((row) => wanted.every((word) => texts[row]?.includes(word)))
  }
}

function rowTexts(table: PageTable): string[] {
  return Array.from({ length: table.rowCount }, (_, row) =>
    searchable(
      table.columns.map((column, index) => formatValue(table.values[index]?.[row] ?? null, column)).join('\n'),
    ),
  )
}

function searchable(text: string): string {
  return text.toLowerCase()
}
