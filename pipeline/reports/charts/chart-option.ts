import type { BarSeriesOption, HeatmapSeriesOption, LineSeriesOption } from 'echarts/charts'
import type {
  AriaComponentOption,
  DataZoomComponentOption,
  GridComponentOption,
  LegendComponentOption,
  MarkLineComponentOption,
  TooltipComponentOption,
  VisualMapComponentOption,
} from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import type { ChartData } from './chart-data.ts'
import { formatNumber, withUnit } from './numbers.ts'
import type { ChartSpec } from './page-data.ts'
import type { Palette } from './palette.ts'
import { drawnLabel } from './text.ts'

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | LineSeriesOption
  | HeatmapSeriesOption
  | AriaComponentOption
  | DataZoomComponentOption
  | GridComponentOption
  | LegendComponentOption
  | MarkLineComponentOption
  | TooltipComponentOption
  | VisualMapComponentOption
>

/** Kinds that are drawn; the others are numbers in HTML. */
export type DrawnKind = 'bar' | 'stacked-bar' | 'line' | 'heatmap'

export function isDrawn(spec: ChartSpec): spec is ChartSpec & { readonly kind: DrawnKind } {
  return spec.kind !== 'table' && spec.kind !== 'big-number'
}

/** Categories that show at once; more are reached with a slider. */
const MOST_AT_ONCE = 24
/** Pixels of a category along a vertical axis. */
const ROW_PX = 26
/** Without quotes: ECharts writes them into an attribute of SVG as they are (seen on 6.1.0). */
const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif'

/** Height that a chart wants, in pixels. */
export function chartHeight(spec: ChartSpec, data: ChartData): number {
  const shown = Math.min(MOST_AT_ONCE, Math.max(1, data.categories.length))
  if (isUpright(spec, data)) return 340
  return (spec.kind === 'heatmap' ? 32 : 72) + ROW_PX * shown
}

/**
 * What ECharts is to draw. Categories and series go by their numbers: names, which are data, are only drawn.
 *
 * @param width of the place it is drawn in, in pixels
 */
export function chartOption(spec: ChartSpec, data: ChartData, palette: Palette, width: number): ChartOption {
  const upright = isUpright(spec, data)
  const zoom = data.categories.length > MOST_AT_ONCE
  const label = labelWidth(data, width)
  const shared: ChartOption = {
    animationDuration: 250,
    textStyle: { fontFamily: FONT, color: palette.ink },
    aria: { enabled: false },
    grid: upright
      ? { left: 56, right: 16, top: 48, bottom: zoom ? 84 : 44 }
      : {
          left: label + 12,
          right: zoom ? 44 : 36,
          ...(spec.kind === 'heatmap' ? { top: 28, bottom: 4 } : { top: 44, bottom: 28 }),
        },
    tooltip: { confine: true, trigger: 'item', backgroundColor: palette.page, borderColor: palette.line },
    ...(zoom ? { dataZoom: [slider(upright, palette, data)] } : {}),
  }
  return spec.kind === 'heatmap'
    ? { ...shared, ...heatmap(data, palette, label, width) }
    : {
        ...shared,
        ...axes(data, palette, upright, label),
        ...legend(data, palette),
        series: series(spec, data, palette, upright),
      }
}

/** Bars of a few short names, moments and lines stand upright; long names are read along lying bars. */
function isUpright(spec: ChartSpec, { categories }: ChartData): boolean {
  if (spec.kind === 'line') return true
  if (spec.kind === 'heatmap') return false
  return categories.length <= 8 && categories.every((name) => name.length <= 10)
}

function labelWidth({ categories }: ChartData, width: number): number {
  const longest = Math.max(4, ...categories.map((name) => name.length))
  return Math.round(Math.min(longest * 6.8, 200, width * 0.32))
}

function axes(data: ChartData, palette: Palette, upright: boolean, label: number): ChartOption {
  const names = {
    type: 'category' as const,
    data: keys(data.categories),
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: axisLabel(palette, upright ? 90 : label, data.categories),
  }
  const numbers = {
    type: 'value' as const,
    axisLabel: { color: palette.mutedInk, formatter: (value: number) => formatNumber(value), hideOverlap: true },
    splitLine: { lineStyle: { color: palette.line } },
  }
  return upright ? { xAxis: names, yAxis: numbers } : { xAxis: numbers, yAxis: { ...names, inverse: true } }
}

function keys(names: readonly unknown[]): string[] {
  return names.map((_, index) => String(index))
}

function nameAt(names: readonly string[], key: string): string {
  return drawnLabel(names[Number(key)] ?? '', 40)
}

function axisLabel(palette: Palette, width: number, names: readonly string[]) {
  return {
    color: palette.ink,
    width,
    overflow: 'truncate' as const,
    hideOverlap: true,
    formatter: (key: string) => nameAt(names, key),
  }
}

function legend({ series }: ChartData, palette: Palette): ChartOption {
  if (series.length < 2) return {}
  return {
    legend: {
      type: 'scroll',
      top: 4,
      left: 0,
      icon: 'roundRect',
      itemWidth: 12,
      itemHeight: 12,
      textStyle: { color: palette.ink },
      pageTextStyle: { color: palette.mutedInk },
      pageIconColor: palette.ink,
      pageIconInactiveColor: palette.line,
      formatter: (key: string) =>
        nameAt(
          series.map((one) => one.name),
          key,
        ),
    },
  }
}

function series(
  spec: ChartSpec,
  data: ChartData,
  palette: Palette,
  upright: boolean,
): (BarSeriesOption | LineSeriesOption)[] {
  const colors = spec.colors ?? palette.series
  const isStacked = spec.kind === 'stacked-bar' || data.series.some((one) => one.isComparison)
  return data.series.map((one, index) => {
    const color = one.isComparison ? palette.grey : (colors[index % colors.length] ?? palette.ink)
    const mean = index === 0 && data.mean !== null ? { markLine: meanLine(data, palette, upright) } : {}
    const shared = { name: String(index), data: one.values.map((value) => value ?? '-'), itemStyle: { color }, ...mean }
    if (spec.kind === 'line') return { ...shared, type: 'line', symbolSize: 6, lineStyle: { color, width: 2.5 } }
    return {
      ...shared,
      type: 'bar',
      barMaxWidth: 34,
      itemStyle: { color, borderColor: palette.page, borderWidth: isStacked ? 1 : 0, borderRadius: isStacked ? 0 : 2 },
      emphasis: { focus: 'series' },
      ...(isStacked ? { stack: 'all' } : {}),
      ...(data.series.length === 1 || data.series.some((other) => other.isComparison)
        ? { label: ends(palette, upright) }
        : {}),
    }
  })
}

/** The number at the end of a bar. */
function ends(palette: Palette, upright: boolean) {
  return {
    show: true,
    position: upright ? ('top' as const) : ('right' as const),
    color: palette.ink,
    formatter: ({ value }: { value?: unknown }) =>
      typeof value === 'number' && value !== 0 ? formatNumber(value) : '',
  }
}

function meanLine(data: ChartData, palette: Palette, upright: boolean) {
  return {
    symbol: 'none',
    silent: true,
    lineStyle: { color: palette.ink, type: 'dashed' as const, width: 1.5 },
    label: {
      color: palette.ink,
      fontWeight: 600 as const,
      position: upright ? ('insideEndTop' as const) : ('start' as const),
      formatter: () => drawnLabel(`mean ${withUnit(round(data.mean ?? 0), data.unit)}`, 60),
    },
    data: [upright ? { yAxis: data.mean ?? 0 } : { xAxis: data.mean ?? 0 }],
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function heatmap(data: ChartData, palette: Palette, label: number, width: number): ChartOption {
  const cells = data.series.flatMap(({ values }, column) =>
    values.map((value, row) => [column, row, value ?? '-'] as (number | string)[]),
  )
  const numbers = data.series.flatMap(({ values }) => values.filter((value) => value !== null))
  const [least, most] = [Math.min(0, ...numbers), Math.max(1, ...numbers)]
  const roomPerCell = (width - label) / Math.max(1, data.series.length)
  const axis = { type: 'category' as const, axisTick: { show: false }, axisLine: { show: false } }
  return {
    xAxis: {
      ...axis,
      position: 'top',
      data: keys(data.series),
      axisLabel: axisLabel(
        palette,
        roomPerCell,
        data.series.map((one) => one.name),
      ),
    },
    yAxis: {
      ...axis,
      inverse: true,
      data: keys(data.categories),
      axisLabel: axisLabel(palette, label, data.categories),
    },
    visualMap: {
      type: 'continuous',
      show: false,
      min: least,
      max: most,
      inRange: { color: [...palette.ramp] },
    },
    series: [
      {
        type: 'heatmap',
        data: cells,
        itemStyle: { borderColor: palette.page, borderWidth: 2 },
        emphasis: { itemStyle: { borderColor: palette.ink, borderWidth: 2 } },
        label: { show: roomPerCell >= 30, formatter: heatLabel },
      },
    ],
  }
}

function heatLabel({ value }: { value?: unknown }): string {
  const number = Array.isArray(value) ? value[2] : null
  return typeof number === 'number' ? formatNumber(number) : ''
}

function slider(upright: boolean, palette: Palette, data: ChartData): DataZoomComponentOption {
  return {
    type: 'slider',
    [upright ? 'xAxisIndex' : 'yAxisIndex']: 0,
    startValue: 0,
    endValue: Math.min(data.categories.length, MOST_AT_ONCE) - 1,
    ...(upright ? { bottom: 8, height: 22 } : { right: 4, width: 18 }),
    brushSelect: false,
    showDataShadow: false,
    showDetail: false,
    borderColor: palette.line,
    fillerColor: `${palette.grey}40`,
    handleStyle: { color: palette.page, borderColor: palette.mutedInk },
    moveHandleStyle: { color: palette.grey },
  }
}
