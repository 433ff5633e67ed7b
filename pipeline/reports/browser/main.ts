import type { PageData } from '../charts/page-data.ts'
import { showCharts } from './charts.ts'
import { showChoice } from './choice.ts'
import { showRows } from './rows.ts'

/** Bring a mart's page to life; a page without data, as the index, is whole without a script. */
function start(): void {
  const embedded = document.getElementById('page-data')?.textContent
  if (embedded == null) return
  const data: PageData = JSON.parse(embedded)
  for (const hidden of document.querySelectorAll<HTMLElement>('.needs-script')) hidden.hidden = false
  for (const plain of document.querySelectorAll('.no-script')) plain.remove()
  const charts = showCharts(data)
  const rows = showRows(data)
  const choose = showChoice(data, (chosen) => {
    charts.choose(chosen)
    rows.choose(chosen)
  })
  charts.onPick((name) => choose(name))
}

start()
