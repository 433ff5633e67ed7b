import { bigNumberText } from '../charts/big-number.ts'
import { chartData } from '../charts/chart-data.ts'
import { isDrawn } from '../charts/chart-layout.ts'
import type { ChartSpec, PageData } from '../charts/page-data.ts'
import { shortLabel } from '../charts/text.ts'
import { DrawnChart } from './drawn-chart.ts'
import { numbersTable } from './numbers-table.ts'

export interface Charts {
  choose(chosen: string | null): void
  /** Called with the name of a category that a person has clicked on. */
  onPick(listener: (name: string) => void): void
}

/** Show every chart of the page. */
export function showCharts(data: PageData): Charts {
  let picked: (name: string) => void = () => undefined
  const shown = data.charts.map((spec, index) => {
    const place = document.querySelector<HTMLElement>(`[data-chart="${index}"]`)
    if (place === null) throw new Error(`the page has no place for chart ${index}`)
    return showChart(spec, data, place, (name) => picked(name))
  })
  for (const show of shown) show(null)
  return {
    choose: (chosen) => {
      for (const show of shown) show(chosen)
    },
    onPick: (listener) => {
      picked = listener
    },
  }
}

function showChart(
  spec: ChartSpec,
  data: PageData,
  place: HTMLElement,
  onPick: (name: string) => void,
): (chosen: string | null) => void {
  if (spec.kind === 'big-number') {
    return (chosen) => {
      place.textContent = bigNumberText(spec, data, chosen)
    }
  }
  const drawing = place.querySelector<HTMLElement>('.drawing')
  const title = place.querySelector('h2')
  if (drawing === null || title === null) throw new Error(`the page has no place for "${spec.title}"`)
  const chart = isDrawn(spec) ? new DrawnChart(spec, place, drawing, onPick) : null
  return (chosen) => {
    const shown = chartData(spec, data, chosen)
    title.textContent = chosen === null ? spec.title : `${spec.title}: ${shortLabel(chosen, 80)}`
    if (chart === null) drawing.replaceChildren(numbersTable(shown))
    else chart.show(shown, title.textContent)
  }
}
