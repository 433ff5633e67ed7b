import type { ChartData } from '../charts/chart-data.ts'
import { withUnit } from '../charts/numbers.ts'
import { element } from './dom.ts'

/** Categories listed at most; the table of all rows has everything. */
const MOST = 500

/** The numbers of a chart as a table: a row for each category, a column for each series. */
export function numbersTable(data: ChartData): HTMLElement {
  const { categories, series, categoryLabel, unit, decimals } = data
  const head = (text: string, kind: string) => element('th', { scope: 'col', class: kind, dir: 'auto' }, text)
  const heads = [
    head(categoryLabel, 'text'),
    ...series.map((one) => head(unit === null ? one.name : `${one.name} (${unit})`, 'number')),
  ]
  const rows = categories
    .slice(0, MOST)
    .map((name, row) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row', dir: 'auto' }, name),
        ...series.map((one) => element('td', { class: 'number' }, withUnit(one.values[row] ?? null, null, decimals))),
      ),
    )
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows))
  const more = categories.length - rows.length
  const scroller = element('div', { class: 'scroller', tabindex: 0, role: 'group', 'aria-label': 'Numbers' }, table)
  if (more > 0) scroller.append(element('p', { class: 'note' }, `and ${more.toLocaleString('en-US')} more`))
  return scroller
}
