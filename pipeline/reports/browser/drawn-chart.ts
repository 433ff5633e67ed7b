import { type ChartData, hasNumbers } from '../charts/chart-data.ts'
import { chartLayout } from '../charts/chart-layout.ts'
import { chartOption, FIRST_VIEW, type View } from '../charts/chart-option.ts'
import { describeChart } from '../charts/describe-chart.ts'
import { drawSvg } from '../charts/draw-svg.ts'
import type { ChartSpec } from '../charts/page-data.ts'
import { element } from './dom.ts'
import { type ECharts, init } from './echarts.ts'
import { numbersTable } from './numbers-table.ts'
import { savePicture } from './save-picture.ts'
import { onLook, palette, printing } from './theme.ts'
import { tipOf } from './tip.ts'

/** A4 less its margins is 688 CSS pixels wide; drawn somewhat larger, two charts stand on a page. */
const PAPER_WIDTH = 820

/** A chart drawn by ECharts, in the colours and the width of the page, with its numbers in a table below. */
export class DrawnChart {
  readonly #spec: ChartSpec
  readonly #place: HTMLElement
  readonly #drawing: HTMLElement
  readonly #canvas = element('div', { class: 'canvas', role: 'img' })
  readonly #save = element('button', { type: 'button', class: 'quiet' }, 'Save as image')
  readonly #chart: ECharts
  #data: ChartData | undefined
  #title: string
  #view: View = FIRST_VIEW

  constructor(spec: ChartSpec, place: HTMLElement, drawing: HTMLElement, onPick: (name: string) => void) {
    this.#spec = spec
    this.#place = place
    this.#drawing = drawing
    this.#title = spec.title
    drawing.replaceChildren(this.#canvas)
    this.#chart = init(this.#canvas, null, {
      renderer: 'canvas',
      devicePixelRatio: Math.max(2, devicePixelRatio),
      width: this.#width(),
      height: 300,
    })
    this.#listen(onPick)
    this.#save.setAttribute('aria-describedby', place.getAttribute('aria-labelledby') ?? '')
    this.#save.addEventListener('click', () => savePicture(this.#chart, this.#title))
    place.querySelector('figcaption')?.append(this.#save)
    new ResizeObserver(() => this.#draw()).observe(drawing)
    onLook(() => (printing() ? this.#putOnPaper() : this.#takeBack()))
  }

  /** @param title with what has been chosen */
  show(data: ChartData, title: string): void {
    this.#data = data
    this.#title = title
    this.#view = FIRST_VIEW
    this.#canvas.setAttribute('aria-label', describeChart(this.#spec, data))
    this.#place.querySelector('details .scroller')?.remove()
    this.#place.querySelector('details')?.append(numbersTable(data))
    this.#save.hidden = !hasNumbers(data)
    if (hasNumbers(data)) this.#takeBack()
    else this.#putOnPaper()
  }

  #listen(onPick: (name: string) => void): void {
    this.#chart.on('click', (event) => {
      const row = this.#spec.kind === 'heatmap' && Array.isArray(event.value) ? Number(event.value[1]) : event.dataIndex
      const name = this.#data?.categories[row]
      if (name !== undefined) onPick(name)
    })
    this.#chart.on('legendselectchanged', (event) => {
      const { selected } = event as { selected: Readonly<Record<string, boolean>> }
      const hidden = new Set(Object.keys(selected).filter((key) => selected[key] === false))
      this.#view = { ...this.#view, hidden }
      this.#draw()
    })
    this.#chart.on('datazoom', (event) => {
      const { start, end } = event as { start?: number; end?: number }
      if (start !== undefined && end !== undefined) this.#view = { ...this.#view, zoom: { start, end } }
    })
  }

  #draw(): void {
    const data = this.#data
    if (data === undefined || printing() || !this.#canvas.isConnected) return
    const layout = chartLayout(this.#spec, data, this.#width())
    this.#canvas.style.height = `${layout.height}px`
    this.#chart.resize({ width: layout.width, height: layout.height })
    const option = chartOption(this.#spec, data, palette(), layout, this.#view)
    const formatter = (event: unknown) => tipOf(this.#spec, data, this.#view.hidden, event)
    this.#chart.setOption({ ...option, tooltip: { ...option.tooltip, formatter } }, { notMerge: true })
  }

  /** Paper gets a drawing: a canvas shows its new size only in a frame that comes too late. So does what cannot be drawn. */
  #putOnPaper(): void {
    if (this.#data === undefined) return
    const { svg } = drawSvg(this.#spec, this.#data, PAPER_WIDTH, this.#place.dataset.chart ?? '', this.#view)
    this.#drawing.replaceChildren(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement)
  }

  #takeBack(): void {
    if (this.#data === undefined || !hasNumbers(this.#data)) return
    this.#drawing.replaceChildren(this.#canvas)
    this.#draw()
  }

  #width(): number {
    return Math.max(240, this.#drawing.clientWidth)
  }
}
