import type { DataZoomComponentOption } from 'echarts/components'
import type { ChartData } from './chart-data.ts'
import type { ChartLayout } from './chart-layout.ts'
import { shortNumber } from './numbers.ts'
import type { Palette } from './palette.ts'
import { drawnLabel } from './text.ts'

/** The part of the categories that a slider shows, in percent. */
export interface Zoom {
  readonly start: number
  readonly end: number
}

/** Names by their number: texts of data never are keys, in ECharts or anywhere. */
export function keys(names: readonly unknown[]): string[] {
  return names.map((_, index) => String(index))
}

export function nameAt(names: readonly string[], key: string): string {
  return drawnLabel(names[Number(key)] ?? '', 40)
}

/** A name that is drawn a little wider than was thought need not lose its end: there is a margin beside it. */
const SPARE_PX = 8

/** @param width that is meant for a name, in pixels */
export function axisLabel(palette: Palette, width: number, names: readonly string[]) {
  return {
    color: palette.ink,
    width: width + SPARE_PX,
    overflow: 'truncate' as const,
    hideOverlap: true,
    formatter: (key: string) => nameAt(names, key),
  }
}

/** One axis of names and one of numbers, which says what these count. */
export function axes(data: ChartData, palette: Palette, { upright, labelWidth, width }: ChartLayout) {
  const names = {
    type: 'category' as const,
    data: keys(data.categories),
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: {
      ...axisLabel(palette, upright ? 90 : labelWidth, data.categories),
      ...(upright ? {} : { interval: 0 }),
    },
  }
  const name = data.unit === null ? {} : { name: drawnLabel(data.unit, 40), nameTextStyle: { color: palette.mutedInk } }
  const numbers = {
    type: 'value' as const,
    axisLabel: { color: palette.mutedInk, formatter: shortNumber, hideOverlap: true },
    splitLine: { lineStyle: { color: palette.line } },
    ...name,
    ...(upright && isBelowZero(data) ? { boundaryGap: ['8%', 0] as [string, number] } : {}),
  }
  if (upright)
    return {
      xAxis: names,
      yAxis: { ...numbers, nameTextStyle: { color: palette.mutedInk, align: 'right' as const, padding: [0, 8, 0, 0] } },
    }
  const splitNumber = width < 480 ? 3 : 5
  return {
    xAxis: { ...numbers, splitNumber, nameLocation: 'middle' as const, nameGap: 26 },
    yAxis: { ...names, inverse: true },
  }
}

/** Numbers below lowered bars need room above the names of the categories. */
function isBelowZero({ series }: ChartData): boolean {
  return series.some(({ values }) => values.some((value) => value !== null && value < 0))
}

/** Moves through more categories than show at once. */
export function slider(
  { upright, atOnce }: ChartLayout,
  palette: Palette,
  { categories }: ChartData,
  zoom: Zoom | null,
): DataZoomComponentOption[] {
  if (atOnce === null) return []
  return [
    {
      type: 'slider',
      [upright ? 'xAxisIndex' : 'yAxisIndex']: 0,
      ...(zoom ?? { startValue: 0, endValue: Math.min(categories.length, atOnce) - 1 }),
      ...(upright ? { bottom: 8, height: 22 } : { right: 4, width: 18 }),
      brushSelect: false,
      showDataShadow: false,
      showDetail: false,
      borderColor: palette.line,
      fillerColor: `${palette.grey}40`,
      handleStyle: { color: palette.page, borderColor: palette.mutedInk },
      moveHandleStyle: { color: palette.grey },
    },
  ]
}
