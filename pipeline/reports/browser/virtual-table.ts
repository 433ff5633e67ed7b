import { formatValue } from '../charts/numbers.ts'
import type { PageColumn, PageTable, Value } from '../charts/page-data.ts'
import { element } from './dom.ts'
import { onLook, printing } from './theme.ts'

/** Height of a row, as in page.css. */
const ROW_PX = 34
/** Rows drawn beyond what is seen, above and below. */
const MARGIN_ROWS = 12
/** Rows that go on paper at most. */
const PRINTED_ROWS = 1000
/** Characters of a cell that are shown; all of them stand in its title. */
const MOST_CHARACTERS = 300

export interface Sort {
  readonly column: number
  readonly order: 'asc' | 'desc'
}

/** A table that holds only the rows that are seen, and some around them: 100,000 rows scroll like ten. */
export class VirtualTable {
  readonly #scroller: HTMLElement
  readonly #table: PageTable
  readonly #body = element('tbody')
  readonly #element: HTMLTableElement
  readonly #heads: readonly HTMLElement[]
  readonly #above = spacer()
  readonly #below = spacer()
  /** Says that paper has not all rows. */
  readonly #cut = element('p', { class: 'note', hidden: true })
  #rows: readonly number[] = []
  #shown = ''

  constructor(scroller: HTMLElement, table: PageTable, onSort: (column: number) => void) {
    this.#scroller = scroller
    this.#table = table
    this.#heads = table.columns.map((column, index) => head(column, () => onSort(index)))
    const widths = element('colgroup')
    for (const [index, column] of table.columns.entries()) widths.append(col(column, table.values[index] ?? []))
    this.#element = element(
      'table',
      { class: 'virtual' },
      widths,
      element('thead', {}, element('tr', { 'aria-rowindex': 1 }, ...this.#heads)),
      element('tbody', { 'aria-hidden': 'true' }, this.#above),
      this.#body,
      element('tbody', { 'aria-hidden': 'true' }, this.#below),
    )
    scroller.classList.add('virtual')
    scroller.replaceChildren(this.#cut, this.#element)
    scroller.addEventListener('scroll', () => this.#draw(), { passive: true })
    new ResizeObserver(() => this.#draw()).observe(scroller)
    onLook(() => this.#draw())
  }

  /** @param rows numbers of rows, in the order they are shown */
  show(rows: readonly number[], sort: Sort | null): void {
    this.#rows = rows
    this.#shown = ''
    this.#element.setAttribute('aria-rowcount', String(rows.length + 1))
    this.#heads.forEach((head, column) => {
      const order = sort?.column === column ? sort.order : undefined
      if (order === undefined) head.removeAttribute('aria-sort')
      else head.setAttribute('aria-sort', order === 'asc' ? 'ascending' : 'descending')
    })
    this.#scroller.scrollTop = 0
    this.#draw()
  }

  #draw(): void {
    const [first, end] = printing() ? [0, Math.min(this.#rows.length, PRINTED_ROWS)] : this.#visible()
    const shown = `${first}-${end}`
    if (shown === this.#shown) return
    this.#shown = shown
    setHeight(this.#above, first * ROW_PX)
    setHeight(this.#below, printing() ? 0 : (this.#rows.length - end) * ROW_PX)
    this.#cut.hidden = !printing() || end === this.#rows.length
    this.#cut.textContent = `The first ${end.toLocaleString('en-US')} of these rows; the CSV file has all.`
    this.#body.replaceChildren(...this.#rows.slice(first, end).map((row, index) => this.#row(row, first + index)))
  }

  #visible(): [number, number] {
    const { scrollTop, clientHeight } = this.#scroller
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - MARGIN_ROWS)
    const count = Math.ceil(clientHeight / ROW_PX) + 2 * MARGIN_ROWS
    return [first, Math.min(this.#rows.length, first + count)]
  }

  #row(row: number, place: number): HTMLElement {
    const cells = this.#table.columns.map((column, index) => {
      const text = formatValue(this.#table.values[index]?.[row] ?? null, column)
      const isLong = text.length > MOST_CHARACTERS
      const shown = isLong ? `${text.slice(0, MOST_CHARACTERS)}…` : text
      return element('td', { class: column.kind, dir: 'auto', title: text.length > 24 && text }, shown)
    })
    return element('tr', { 'aria-rowindex': place + 2 }, ...cells)
  }
}

function head(column: PageColumn, onClick: () => void): HTMLElement {
  const unit = column.unit === null ? [] : [element('small', {}, column.unit)]
  const button = element('button', { type: 'button' }, element('span', {}, column.label), ' ', ...unit)
  button.addEventListener('click', onClick)
  return element('th', { scope: 'col', class: column.kind }, button)
}

/** Room that a column needs, by its first rows: rows come and go, its width must not. */
function col(column: PageColumn, values: readonly Value[]): HTMLElement {
  const lengths = values.slice(0, 500).map((value) => formatValue(value, column).length)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const characters = Math.max(column.label.length + 2, column.unit?.length ?? 0, longest)
  const made = element('col')
  // Letters are narrower than the digits that `ch` measures; 3ch are the padding.
  const width = Math.min(40, column.kind === 'text' ? Math.ceil(characters * 0.9) : characters) + 3
  made.style.width = `min(${width}ch, 46vw)`
  return made
}

function spacer(): HTMLElement {
  return element('tr', {}, element('td', { class: 'spacer' }))
}

function setHeight(row: HTMLElement, height: number): void {
  row.style.height = `${height}px`
  row.hidden = height === 0
}
