import { rowsChosen } from '../charts/chart-data.ts'
import type { PageData } from '../charts/page-data.ts'
import { byId } from './dom.ts'
import { RowSearch } from './row-search.ts'
import { sortRows } from './sort-rows.ts'
import { VirtualTable } from './virtual-table.ts'

/** Show all rows of the mart: scrolled, sorted, searched, narrowed by the choice. */
export function showRows(data: PageData): { choose(chosen: string | null): void } {
  const { table } = data
  const count = byId('row-count', HTMLElement)
  const input = byId('search', HTMLInputElement)
  const search = new RowSearch(table)
  let sort = data.sort
  let chosen: string | null = null

  const view = new VirtualTable(byId('rows', HTMLElement), table, (column) => {
    const isReversed = sort?.column === column && sort.order === 'asc'
    sort = { column, order: isReversed ? 'desc' : 'asc' }
    show()
  })
  function show(): void {
    const found = search.find(input.value, rowsChosen(data, chosen))
    view.show(sortRows(table, found, sort), sort)
    const [shown, all] = [found.length.toLocaleString('en-US'), table.rowCount.toLocaleString('en-US')]
    const noun = table.rowCount === 1 ? 'row' : 'rows'
    count.textContent = shown === all ? `${all} ${noun}` : `${shown} of ${all} ${noun}`
  }
  input.addEventListener('input', show)
  show()
  return {
    choose: (name) => {
      chosen = name
      show()
    },
  }
}
