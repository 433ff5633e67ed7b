import type { PageData } from '../charts/page-data.ts'
import { showCharts } from './charts.ts'
import { showChoice } from './choice.ts'
import { byId } from './dom.ts'
import { showRows } from './rows.ts'

/** Bring a mart's page to life. */
function start(): void {
  const data: PageData = JSON.parse(byId('page-data', HTMLScriptElement).text)
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
