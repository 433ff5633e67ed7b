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
import { html, rawHtml } from '../html.ts'
import { type ChartData, hasNumbers } from './chart-data.ts'
import { chartLayout } from './chart-layout.ts'
import { chartOption, FIRST_VIEW, type View } from './chart-option.ts'
import { nothingToDraw } from './describe-chart.ts'
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

const NOTE_PX = 24

/**
 * Draw a chart as SVG: no script, no style sheet, no reference to anything outside. Nothing in it can be moved: where there
 * are more categories than it shows, it says so.
 *
 * @param prefix of the ids inside, so that several drawings stand in one document
 */
export function drawSvg(
  spec: ChartSpec,
  data: ChartData,
  width: number,
  prefix: string,
  view: View = FIRST_VIEW,
): Drawing {
  if (!hasNumbers(data)) return withNote('', width, 0, `There is nothing to draw: ${nothingToDraw(data)}`)
  const layout = chartLayout(spec, data, width)
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: layout.height })
  try {
    const { tooltip: _, ...option } = chartOption(spec, data, LIGHT, layout, view)
    const dataZoom = [option.dataZoom ?? []].flat().map((slider) => ({ ...slider, show: false }))
    chart.setOption({ ...option, dataZoom })
    const svg = withoutStyles(chart.renderToSVGString()).replace(/\bzr\d+-/g, `${prefix}-`)
    const left = leftOut(data, layout.atOnce, view)
    return left === null ? { svg, width, height: layout.height } : withNote(svg, width, layout.height, left)
  } finally {
    chart.dispose()
  }
}

/** What a slider would lead to; null where all is drawn. */
function leftOut({ categories }: ChartData, atOnce: number | null, { zoom }: View): string | null {
  const all = categories.length.toLocaleString('en-US')
  if (zoom !== null) return `A part of ${all} is drawn here.`
  return atOnce === null || atOnce >= categories.length ? null : `The first ${atOnce} of ${all} are drawn here.`
}

function withNote(svg: string, width: number, height: number, note: string): Drawing {
  const tall = height + NOTE_PX
  const text = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}">${rawHtml(svg)}<text x="0" y="${height + 16}" font-size="13" fill="${LIGHT.mutedInk}">${note}</text></svg>`
  return { svg: text.text, width, height: tall }
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
