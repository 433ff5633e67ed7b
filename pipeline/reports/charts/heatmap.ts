import type { HeatmapSeriesOption } from 'echarts/charts'
import type { VisualMapComponentOption } from 'echarts/components'
import { axisLabel, keys } from './axes.ts'
import type { ChartData } from './chart-data.ts'
import { type ChartLayout, HEAT_RIGHT_PX } from './chart-layout.ts'
import { shortNumber, withUnit } from './numbers.ts'
import { type Palette, rampColor } from './palette.ts'
import { drawnLabel } from './text.ts'

/** Cells coloured by their number, which stands in them where there is room; a scale tells the colours where there is none. */
export function heatmap(data: ChartData, palette: Palette, layout: ChartLayout) {
  const numbers = data.series.flatMap(({ values }) => values.filter((value) => value !== null))
  const least = numbers.reduce((low, value) => Math.min(low, value), 0)
  const most = numbers.reduce((high, value) => Math.max(high, value), least)
  const top = most === least ? least + 1 : most
  return {
    ...axesOf(data, palette, layout),
    visualMap: scale(data, palette, layout, least, top),
    series: cells(data, palette, layout, (value) => (value - least) / (top - least)),
  }
}

function axesOf(data: ChartData, palette: Palette, { labelWidth, cellWidth }: ChartLayout) {
  const axis = { type: 'category' as const, axisTick: { show: false }, axisLine: { show: false } }
  const columns = data.series.map((one) => one.name)
  return {
    xAxis: {
      ...axis,
      position: 'top' as const,
      data: keys(columns),
      axisLabel: axisLabel(palette, Math.max(cellWidth, 80), columns),
    },
    yAxis: {
      ...axis,
      inverse: true,
      data: keys(data.categories),
      axisLabel: { ...axisLabel(palette, labelWidth, data.categories), interval: 0 },
    },
  }
}

function scale(
  { unit }: ChartData,
  palette: Palette,
  { showsCells, labelWidth }: ChartLayout,
  min: number,
  max: number,
): VisualMapComponentOption {
  return {
    type: 'continuous',
    show: !showsCells,
    min,
    max,
    inRange: { color: [...palette.ramp] },
    orient: 'horizontal',
    left: labelWidth + 12,
    bottom: 4,
    itemWidth: 12,
    itemHeight: 140,
    text: [drawnLabel(withUnit(max, unit), 40), shortNumber(min)],
    textStyle: { color: palette.ink },
  }
}

function cells(
  { series }: ChartData,
  palette: Palette,
  { cellWidth, showsCells }: ChartLayout,
  shareOf: (value: number) => number,
): HeatmapSeriesOption[] {
  const data = series.flatMap(({ values }, column) =>
    values.map((value, row) => ({
      value: [column, row, value ?? '-'],
      label: { color: value === null ? palette.ink : rampColor(shareOf(value), palette.ramp).text },
    })),
  )
  return [
    {
      type: 'heatmap',
      data,
      itemStyle: { borderColor: palette.page, borderWidth: cellWidth < 8 ? 0 : cellWidth < 16 ? 1 : 2 },
      emphasis: { itemStyle: { borderColor: palette.ink, borderWidth: 2 } },
      label: { show: showsCells, formatter: cellText },
    },
  ]
}

function cellText({ value }: { value?: unknown }): string {
  const number = Array.isArray(value) ? value[2] : null
  return typeof number === 'number' ? shortNumber(number) : ''
}

/** Right of the cells: room for a slider, where there is one. */
export function heatGrid({ labelWidth, atOnce, showsCells, height }: ChartLayout, scalePx: number) {
  return {
    left: labelWidth + 12,
    right: atOnce === null ? HEAT_RIGHT_PX : 32,
    top: 28,
    height: height - 32 - (showsCells ? 0 : scalePx),
  }
}
