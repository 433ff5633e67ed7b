import type { ChartData } from '../charts/chart-data.ts'
import { chartHeight, chartOption } from '../charts/chart-option.ts'
import { describeChart } from '../charts/describe-chart.ts'
import { drawSvg } from '../charts/draw-svg.ts'
import { withUnit } from '../charts/numbers.ts'
import type { ChartSpec } from '../charts/page-data.ts'
import { shortLabel } from '../charts/text.ts'
import { element } from './dom.ts'
import { type ECharts, init } from './echarts.ts'
import { numbersTable } from './numbers-table.ts'
import { onLook, palette, printing } from './theme.ts'

/** A4 less its margins, in CSS pixels. */
const PAPER_WIDTH = 680

/** A chart drawn by ECharts, in the colours and the width of the page, with its numbers in a table below. */
export class DrawnChart {
  readonly #spec: ChartSpec
  readonly #place: HTMLElement
  readonly #canvas: HTMLElement
  readonly #chart: ECharts
  #data: ChartData | undefined

  constructor(spec: ChartSpec, place: HTMLElement, drawing: HTMLElement, onPick: (name: string) => void) {
    this.#spec = spec
    this.#place = place
    this.#canvas = element('div', { class: 'canvas', role: 'img' })
    drawing.replaceChildren(this.#canvas)
    this.#chart = init(this.#canvas, null, {
      renderer: 'canvas',
      devicePixelRatio: Math.max(2, devicePixelRatio),
      width: this.#width(),
      height: 300,
    })
    this.#chart.on('click', (event) => {
      const row = spec.kind === 'heatmap' && Array.isArray(event.value) ? Number(event.value[1]) : event.dataIndex
      const name = this.#data?.categories[row]
      if (name !== undefined) onPick(name)
    })
    this.#addSaveButton()
    new ResizeObserver(() => this.#draw()).observe(drawing)
    onLook(() => (printing() ? this.#putOnPaper(drawing) : this.#takeBack(drawing)))
  }

  show(data: ChartData): void {
    this.#data = data
    this.#canvas.setAttribute('aria-label', describeChart(this.#spec, data))
    this.#place.querySelector('details .scroller')?.remove()
    this.#place.querySelector('details')?.append(numbersTable(data))
    this.#draw()
  }

  #draw(): void {
    if (this.#data === undefined || printing()) return
    const [spec, data, width] = [this.#spec, this.#data, this.#width()]
    const height = chartHeight(spec, data)
    this.#canvas.style.height = `${height}px`
    this.#chart.resize({ width, height })
    const option = chartOption(spec, data, palette(), width)
    this.#chart.setOption(
      { ...option, animation: false, tooltip: { ...option.tooltip, formatter: (event: unknown) => this.#tip(event) } },
      { notMerge: true },
    )
  }

  /** Paper gets a drawing: a canvas shows its new size only in a frame that comes too late. */
  #putOnPaper(drawing: HTMLElement): void {
    if (this.#data === undefined) return
    const { svg } = drawSvg(this.#spec, this.#data, PAPER_WIDTH, this.#place.dataset.chart ?? '')
    drawing.replaceChildren(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement)
  }

  #takeBack(drawing: HTMLElement): void {
    drawing.replaceChildren(this.#canvas)
    this.#draw()
  }

  #width(): number {
    return Math.max(240, this.#canvas.parentElement?.clientWidth ?? 0)
  }

  /** Built of text nodes: names come from data. */
  #tip(event: unknown): HTMLElement {
    const data = this.#data
    const {
      seriesIndex = 0,
      dataIndex = 0,
      value,
    } = event as { seriesIndex?: number; dataIndex?: number; value?: unknown }
    const cell = this.#spec.kind === 'heatmap' && Array.isArray(value) ? value.map(Number) : null
    const [column, row] = [cell?.[0] ?? seriesIndex, cell?.[1] ?? dataIndex]
    const one = data?.series[column]
    return element(
      'div',
      { class: 'tip' },
      element('strong', { dir: 'auto' }, shortLabel(data?.categories[row] ?? '', 80)),
      element('br'),
      `${shortLabel(one?.name ?? '', 60)}: ${withUnit(one?.values[row] ?? null, data?.unit ?? null, data?.decimals)}`,
    )
  }

  #addSaveButton(): void {
    const button = element('button', { type: 'button', class: 'quiet' }, 'Save as image')
    button.addEventListener('click', () => {
      const url = this.#chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: palette().page })
      element('a', { href: url, download: `${shortLabel(this.#spec.title, 60).replace(/[/\\:]/g, ' ')}.png` }).click()
    })
    this.#place.querySelector('figcaption')?.append(button)
  }
}
