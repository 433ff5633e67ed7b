import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts'
import type { LegendComponentOption } from 'echarts/components'
import { keys, nameAt } from './axes.ts'
import { type ChartData, sumOf } from './chart-data.ts'
import { type ChartLayout, hasComparison } from './chart-layout.ts'
import { meanText, shortNumber } from './numbers.ts'
import type { ChartSpec } from './page-data.ts'
import { type Palette, seriesColor } from './palette.ts'
import { drawnLabel, textWidth } from './text.ts'

/** Keys of series that the legend has switched off. */
export type Hidden = ReadonlySet<string>

/** Points of a line up to here are marked one by one. */
const MOST_MARKED = 60
/** A line is dashed, then dotted, when the colours have come round. */
const DASHES = ['solid', 'dashed', 'dotted'] as const

export function legend({ series }: ChartData, palette: Palette, hidden: Hidden): { legend?: LegendComponentOption } {
  if (series.length < 2) return {}
  const names = series.map((one) => one.name)
  return {
    legend: {
      type: 'scroll',
      top: 4,
      left: 0,
      icon: 'roundRect',
      itemWidth: 12,
      itemHeight: 12,
      data: keys(names),
      selected: Object.fromEntries([...hidden].map((key) => [key, false])),
      textStyle: { color: palette.ink },
      inactiveColor: palette.line,
      pageTextStyle: { color: palette.mutedInk },
      pageIconColor: palette.ink,
      pageIconInactiveColor: palette.line,
      formatter: (key: string) => nameAt(names, key),
    },
  }
}

/** The series of a chart, and one more that nobody can switch off: it holds the totals and the mean. */
export function series(
  spec: ChartSpec,
  data: ChartData,
  palette: Palette,
  layout: ChartLayout,
  hidden: Hidden,
): (BarSeriesOption | LineSeriesOption)[] {
  const colors = spec.colors ?? palette.series
  const own = data.series.map((one, index) => {
    const color = one.isComparison ? palette.grey : seriesColor(index, colors, palette)
    const shared = { name: String(index), data: one.values.map((value) => value ?? '-') }
    return spec.kind === 'line'
      ? { ...shared, ...line(color, index, colors.length, data) }
      : { ...shared, ...bar(color, palette, isStacked(spec, data)) }
  })
  const mean = data.mean === null ? {} : { markLine: meanLine(data, data.mean, palette, layout) }
  const notes = { name: 'notes', silent: true, tooltip: { show: false }, ...mean }
  return spec.kind === 'line'
    ? [...own, { ...notes, type: 'line', data: [] }]
    : [...own, { ...notes, ...totals(data, palette, layout, hidden, showsTotals(spec, data) && hasRoom(data, layout)) }]
}

/** Whether the totals of bars that stand upright do not run into each other. */
function hasRoom(data: ChartData, { upright, width, atOnce }: ChartLayout): boolean {
  return !upright || (width - 76) / (atOnce ?? data.categories.length) > widestTotal(data)
}

function widestTotal(data: ChartData): number {
  const texts = totalsOf(data, new Set()).map((total) => (total === null ? '' : shortNumber(total)))
  return texts.reduce((most, text) => Math.max(most, textWidth(text)), 0)
}

function isStacked(spec: ChartSpec, data: ChartData): boolean {
  return spec.kind === 'stacked-bar' || showsTotals(spec, data)
}

/** Bars that stand side by side have no total. */
function showsTotals(spec: ChartSpec, data: ChartData): boolean {
  return spec.kind === 'stacked-bar' || data.series.length === 1 || hasComparison(data)
}

function line(color: string, index: number, colors: number, { categories }: ChartData): LineSeriesOption {
  const type = DASHES[Math.floor(index / colors) % DASHES.length] ?? 'solid'
  return {
    type: 'line',
    symbolSize: 6,
    showSymbol: categories.length <= MOST_MARKED,
    itemStyle: { color },
    lineStyle: { color, width: 2.5, type },
    emphasis: { focus: 'series' },
  }
}

function bar(color: string, palette: Palette, stacked: boolean): BarSeriesOption {
  return {
    type: 'bar',
    barMaxWidth: 34,
    itemStyle: { color, borderColor: palette.page, borderWidth: stacked ? 1 : 0, borderRadius: stacked ? 0 : 2 },
    emphasis: { focus: 'series' },
    ...(stacked ? { stack: 'all' } : {}),
  }
}

/** Room right of lying bars for the longest total, in pixels. */
export function totalsWidth(spec: ChartSpec, data: ChartData): number {
  return showsTotals(spec, data) ? widestTotal(data) : 0
}

function totalsOf({ categories, series }: ChartData, hidden: Hidden): (number | null)[] {
  const shown = series.filter((_, index) => !hidden.has(String(index)))
  return categories.map((_, row) => sumOf(shown.map((one) => one.values[row] ?? null)))
}

/** A stack that is too small to be seen, with a number at the end of each bar: what stands below it in all. */
function totals(
  data: ChartData,
  palette: Palette,
  { upright }: ChartLayout,
  hidden: Hidden,
  isShown: boolean,
): BarSeriesOption {
  const sums = isShown ? totalsOf(data, hidden) : []
  const [above, below] = upright ? (['top', 'bottom'] as const) : (['right', 'left'] as const)
  return {
    type: 'bar',
    stack: 'all',
    // Above the line at the mean.
    z: 6,
    emphasis: { disabled: true },
    blur: { label: { opacity: 1 } },
    data: sums.map((sum) => {
      if (sum === null) return '-'
      return { value: sum < 0 ? -Number.MIN_VALUE : Number.MIN_VALUE, label: { position: sum < 0 ? below : above } }
    }),
    label: {
      show: true,
      color: palette.ink,
      textBorderColor: palette.page,
      textBorderWidth: 3,
      formatter: ({ dataIndex }: { dataIndex: number }) => shortNumber(sums[dataIndex] ?? 0),
    },
  }
}

function meanLine(data: ChartData, mean: number, palette: Palette, { upright }: ChartLayout) {
  const most = totalsOf(data, new Set()).reduce<number>((high, total) => Math.max(high, total ?? 0), 0)
  const align = mean > 0.75 * most ? { align: 'right' as const } : {}
  return {
    symbol: 'none',
    silent: true,
    lineStyle: { color: palette.ink, type: 'dashed' as const, width: 1.5 },
    label: {
      color: palette.ink,
      fontWeight: 600 as const,
      backgroundColor: palette.page,
      padding: [1, 4],
      ...(upright ? { position: 'insideEndTop' as const } : { position: 'start' as const, ...align }),
      formatter: () => drawnLabel(`mean ${meanText(mean, data.unit)}`, 60),
    },
    data: [upright ? { yAxis: mean } : { xAxis: mean }],
  }
}
