import { type ChartData, hasNumbers, sumOf } from './chart-data.ts'
import { meanText, withUnit } from './numbers.ts'
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
  if (!hasNumbers(data)) return `${KINDS[spec.kind]}: ${nothingToDraw(data)}`
  const totals = categories.map((_, row) => sumOf(series.map((one) => one.values[row] ?? null)))
  const told = (row: number) =>
    `${shortLabel(categories[row] ?? '', 60)} (${withUnit(totals[row] ?? null, unit, decimals)})`
  const known = totals.filter((total) => total !== null)
  const largest = totals.indexOf(known.reduce((most, total) => Math.max(most, total)))
  const smallest = totals.indexOf(known.reduce((least, total) => Math.min(least, total)))
  return [
    `${KINDS[spec.kind]}: ${categories.length} × ${data.categoryLabel}`,
    series.length > 1
      ? `, split by ${series
          .map((one) => shortLabel(one.name, 40))
          .slice(0, 12)
          .join(', ')}`
      : '',
    `. Largest: ${told(largest)}. Smallest: ${told(smallest)}.`,
    mean === null ? '' : ` Mean: ${meanText(mean, unit)}.`,
    ' The numbers follow as a table.',
  ].join('')
}

/** What stands in the place of a chart without numbers. */
export function nothingToDraw({ categories }: ChartData): string {
  return categories.length === 0 ? 'no rows.' : 'no numbers: they are missing in every row.'
}
