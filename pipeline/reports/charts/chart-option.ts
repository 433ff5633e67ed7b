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
import { axes, slider, type Zoom } from './axes.ts'
import { type Hidden, legend, series, totalsWidth } from './bars-and-lines.ts'
import type { ChartData } from './chart-data.ts'
import { type ChartLayout, SCALE_PX } from './chart-layout.ts'
import { heatGrid, heatmap } from './heatmap.ts'
import type { ChartSpec } from './page-data.ts'
import type { Palette } from './palette.ts'

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

/** What a person has made of a chart. */
export interface View {
  readonly hidden: Hidden
  /** Null: as it is at first. */
  readonly zoom: Zoom | null
}

export const FIRST_VIEW: View = { hidden: new Set(), zoom: null }

/** Without quotes: ECharts writes them into an attribute of SVG as they are (seen on 6.1.0). */
const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif'

/** What ECharts is to draw. Categories and series go by their numbers: names, which are data, are only drawn. */
export function chartOption(
  spec: ChartSpec,
  data: ChartData,
  palette: Palette,
  layout: ChartLayout,
  { hidden, zoom }: View,
): ChartOption {
  const shared: ChartOption = {
    animation: false,
    textStyle: { fontFamily: FONT, color: palette.ink },
    aria: { enabled: false },
    tooltip: {
      confine: true,
      trigger: spec.kind === 'line' ? 'axis' : 'item',
      backgroundColor: palette.page,
      borderColor: palette.line,
    },
    dataZoom: slider(layout, palette, data, zoom),
  }
  if (spec.kind === 'heatmap') return { ...shared, grid: heatGrid(layout, SCALE_PX), ...heatmap(data, palette, layout) }
  return {
    ...shared,
    grid: layout.upright ? uprightGrid(layout) : lyingGrid(layout, totalsWidth(spec, data)),
    ...axes(data, palette, layout),
    ...legend(data, palette, hidden),
    series: series(spec, data, palette, layout, hidden),
  }
}

function uprightGrid({ atOnce }: ChartLayout) {
  return { left: 60, right: 16, top: 52, bottom: atOnce === null ? 36 : 76 }
}

function lyingGrid({ labelWidth, atOnce }: ChartLayout, totals: number) {
  return { left: labelWidth + 12, right: Math.max(16, totals + 8) + (atOnce === null ? 0 : 28), top: 44, bottom: 44 }
}
