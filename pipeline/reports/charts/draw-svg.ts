// The build puts this module and the parts of ECharts that it needs into one file: the package brings no ECharts along.
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts'
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  VisualMapComponent,
} from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { ChartData } from './chart-data.ts'
import { chartHeight, chartOption } from './chart-option.ts'
import type { ChartSpec } from './page-data.ts'
import { LIGHT } from './palette.ts'

use([
  BarChart,
  LineChart,
  HeatmapChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  VisualMapComponent,
  DataZoomComponent,
  SVGRenderer,
])

/** A drawn chart, for people without scripts. */
export interface Drawing {
  /** An `<svg>` element. */
  readonly svg: string
  readonly width: number
  readonly height: number
}

/**
 * Draw a chart as SVG: no script, no style sheet, no reference to anything outside.
 *
 * @param prefix of the ids inside, so that several drawings stand in one document
 */
export function drawSvg(spec: ChartSpec, data: ChartData, width: number, prefix: string): Drawing {
  const height = chartHeight(spec, data)
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    const { tooltip: _, ...option } = chartOption(spec, data, LIGHT, width)
    chart.setOption({ ...option, animation: false })
    return { svg: withoutStyles(chart.renderToSVGString()).replace(/\bzr\d+-/g, `${prefix}-`), width, height }
  } finally {
    chart.dispose()
  }
}

/** Styles as attributes of their own: a page's policy allows no `style` attribute, and mail programs drop `<style>`. */
function withoutStyles(svg: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) =>
      style
        .split(';')
        .map((pair) => /^\s*([a-z-]+)\s*:\s*(.+?)\s*$/.exec(pair.replaceAll('&quot;', "'")))
        .map((match) => (match === null || match[1]?.startsWith('-') ? '' : ` ${match[1]}="${match[2]}"`))
        .join(''),
    )
}
