import { type ChartData, sumOf } from '../charts/chart-data.ts'
import { withUnit } from '../charts/numbers.ts'
import type { ChartSpec } from '../charts/page-data.ts'
import { shortLabel } from '../charts/text.ts'
import { element } from './dom.ts'

/** What ECharts says of the point under the mouse. */
interface Point {
  readonly seriesIndex?: number
  readonly dataIndex?: number
  readonly value?: unknown
}

/** Series told of at most, of a line. */
const MOST_LINES = 12

/**
 * The numbers under the mouse, of text nodes: names come from data.
 *
 * @param event a point; several where a line is cut through
 */
export function tipOf(spec: ChartSpec, data: ChartData, hidden: ReadonlySet<string>, event: unknown): HTMLElement {
  const points = (Array.isArray(event) ? event : [event]) as readonly Point[]
  const places = points.map((point) => placeOf(spec, point)).filter(({ column }) => column < data.series.length)
  const row = places[0]?.row ?? 0
  const lines = places.slice(0, MOST_LINES).map(({ column }) => lineOf(data, column, row))
  const more = places.length - lines.length
  return element(
    'div',
    { class: 'tip' },
    element('strong', { dir: 'auto' }, shortLabel(data.categories[row] ?? '', 80)),
    ...[...lines, ...totalOf(spec, data, hidden, row), ...(more > 0 ? [`and ${more} more`] : [])].flatMap((line) => [
      element('br'),
      line,
    ]),
  )
}

function placeOf(spec: ChartSpec, { seriesIndex = 0, dataIndex = 0, value }: Point): { column: number; row: number } {
  const cell = spec.kind === 'heatmap' && Array.isArray(value) ? value.map(Number) : null
  return { column: cell?.[0] ?? seriesIndex, row: cell?.[1] ?? dataIndex }
}

function lineOf({ series, unit, decimals }: ChartData, column: number, row: number): string {
  const one = series[column]
  return `${shortLabel(one?.name ?? '', 60)}: ${withUnit(one?.values[row] ?? null, unit, decimals)}`
}

/** Of a stack, all that is shown of it. */
function totalOf(spec: ChartSpec, data: ChartData, hidden: ReadonlySet<string>, row: number): string[] {
  const shown = data.series.filter((_, index) => !hidden.has(String(index)))
  if (spec.kind !== 'stacked-bar' || shown.length < 2) return []
  const total = sumOf(shown.map((one) => one.values[row] ?? null))
  return [`In all: ${withUnit(total, data.unit, data.decimals)}`]
}
