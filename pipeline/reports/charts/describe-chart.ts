import type { ChartData } from './chart-data.ts'
import { withUnit } from './numbers.ts'
import type { ChartSpec } from './page-data.ts'
import { shortLabel } from './text.ts'

const KINDS = {
  bar: 'Bars',
  'stacked-bar': 'Stacked bars',
  line: 'Lines',
  heatmap: 'Heat map',
  table: 'Table',
  'big-number': 'Number',
}

/** What a chart shows, in a sentence or two, for people who hear the page. */
export function describeChart(spec: ChartSpec, data: ChartData): string {
  const { categories, series, unit, decimals, mean } = data
  if (categories.length === 0) return `${KINDS[spec.kind]}: no rows.`
  const totals = categories.map((_, row) => series.reduce((sum, one) => sum + (one.values[row] ?? 0), 0))
  const told = (row: number) =>
    `${shortLabel(categories[row] ?? '', 60)} (${withUnit(totals[row] ?? null, unit, decimals)})`
  const largest = totals.indexOf(Math.max(...totals))
  const smallest = totals.indexOf(Math.min(...totals))
  return [
    `${KINDS[spec.kind]}: ${categories.length} × ${data.categoryLabel}`,
    series.length > 1
      ? `, split by ${series
          .map((one) => shortLabel(one.name, 40))
          .slice(0, 12)
          .join(', ')}`
      : '',
    `. Largest: ${told(largest)}. Smallest: ${told(smallest)}.`,
    mean === null ? '' : ` Mean: ${withUnit(Math.round(mean * 10) / 10, unit)}.`,
    ' The numbers follow as a table.',
  ].join('')
}
