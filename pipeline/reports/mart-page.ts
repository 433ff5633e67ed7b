import { bigNumberText } from './charts/big-number.ts'
import { isDrawn } from './charts/chart-layout.ts'
import { formatValue } from './charts/numbers.ts'
import type { ChartSpec, PageData, PageTable } from './charts/page-data.ts'
import { fileHref, type Html, html, rawHtml } from './html.ts'
import { count } from './lake/words.ts'

/** Where a mart's rows come from, for the foot of its page. */
export interface Provenance {
  readonly lake: string
  readonly version: number
  readonly runId: number
  /** UTC, `2026-11-21 14:56`. */
  readonly madeAt: string
  /** Rows of the mart; the page may hold fewer. */
  readonly rowCount: number
}

export interface MartPage {
  readonly title: string
  readonly sentence: string | null
  readonly data: PageData
  readonly provenance: Provenance
  /** By chart: an `<svg>`, or null where the chart is no drawing. */
  readonly drawings: readonly (string | null)[]
}

/** Rows that stand in the page itself, for people without scripts; the script shows all. */
const PLAIN_ROWS = 50

/** The content of a mart's page. All that needs the script is hidden until it runs. */
export function martPage({ title, sentence, data, provenance, drawings }: MartPage): Html {
  return html`<header class="top">
<p class="crumbs"><a href="./index.html">All reports</a> <span aria-hidden="true">/</span> ${provenance.lake}</p>
<h1>${title}</h1>
${sentence === null ? null : html`<p class="lede">${sentence}</p>`}
</header>
<main>
${choice(data)}
${bigNumbers(data)}
${data.charts.map((spec, index) => (spec.kind === 'big-number' ? null : chart(spec, index, drawings[index] ?? null)))}
${wholeTable(data, provenance)}
</main>
${foot(data.mart, provenance)}`
}

function choice(data: PageData): Html | null {
  const column = data.choice === null ? undefined : data.table.columns[data.choice.column]
  if (column === undefined) return null
  return html`<p class="controls needs-script" hidden><label for="choice">${column.label}</label> <select id="choice"></select></p>`
}

function bigNumbers(data: PageData): Html | null {
  const numbers = data.charts.flatMap((spec, index) => (spec.kind === 'big-number' ? [{ spec, index }] : []))
  if (numbers.length === 0) return null
  return html`<dl class="figures">${numbers.map(
    ({ spec, index }) =>
      html`<div><dt>${spec.title}</dt><dd data-chart="${index}">${bigNumberText(spec, data, null)}</dd></div>`,
  )}</dl>`
}

/** The drawing is taken over by the script; the numbers below it are for everybody who wants them. */
function chart(spec: ChartSpec, index: number, drawing: string | null): Html {
  const id = `chart-${index}`
  return html`<figure class="card" aria-labelledby="${id}" data-chart="${index}">
<figcaption><h2 id="${id}">${spec.title}</h2></figcaption>
<div class="drawing">${drawing === null ? null : rawHtml(drawing)}</div>
${isDrawn(spec) ? html`<details class="numbers needs-script" hidden><summary>Numbers of this chart</summary></details>` : null}
</figure>`
}

function wholeTable(data: PageData, provenance: Provenance): Html {
  const { table, mart } = data
  const isCut = table.rowCount < provenance.rowCount
  return html`<section class="card rows" aria-labelledby="rows-title">
<div class="rows-head">
<h2 id="rows-title">All rows</h2>
<p class="needs-script search" hidden><label for="search">Search</label> <input id="search" type="search" placeholder="in all columns" autocomplete="off" spellcheck="false"></p>
<p class="count" role="status" id="row-count">${count(table.rowCount, 'row')}</p>
<p class="links"><a href="${fileHref(`${mart}.csv`)}">CSV file</a>${data.charts.some(isDrawn) ? html` <a href="${fileHref(`${mart}.svg`)}">SVG picture</a>` : null}</p>
</div>
${isCut ? html`<p class="note">This page holds the first ${table.rowCount.toLocaleString('en-US')} of ${count(provenance.rowCount, 'row')}, and its charts add up these; the CSV has all.</p>` : null}
<div class="scroller" tabindex="0" role="group" aria-labelledby="rows-title" id="rows">
${plainTable(table)}
</div>
${table.rowCount > PLAIN_ROWS ? html`<p class="note no-script">The first ${PLAIN_ROWS} rows; all of them are in <a href="${fileHref(`${mart}.csv`)}">${mart}.csv</a>.</p>` : null}
</section>`
}

function plainTable(table: PageTable): Html {
  const rows = Array.from({ length: Math.min(PLAIN_ROWS, table.rowCount) }, (_, row) => row)
  return html`<table>
<thead><tr>${table.columns.map((column) => html`<th scope="col" class="${column.kind}">${column.label}${column.unit === null ? null : html` <small>${column.unit}</small>`}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${table.columns.map(
        (column, index) =>
          html`<td class="${column.kind}" dir="auto">${formatValue(table.values[index]?.[row] ?? null, column)}</td>`,
      )}</tr>\n`,
  )}</tbody>
</table>`
}

function foot(mart: string, { version, runId, madeAt }: Provenance): Html {
  return html`<footer>
<p>Mart <code>app.${mart}</code>, made by run ${runId} on ${madeAt} UTC (version ${version} of the lake).</p>
</footer>`
}
