import { fileHref, type Html, html } from '../../html.ts'
import { sparkLine } from '../figures.ts'
import type { MartLine } from '../read-mart-lines.ts'
import { cut } from '../words.ts'
import { scrolling, section } from './section.ts'

/** The reports, and how the marts grow. */
export function martsSection(marts: readonly MartLine[]): Html {
  if (marts.length === 0) return section('marts', 'Marts', null, html`<p>There is no mart yet.</p>`)
  const table = html`<table>
<thead><tr><th scope="col">Report</th><th scope="col" class="number">Rows</th><th scope="col">Rows over versions</th><th scope="col">Last changed</th><th scope="col">Files</th></tr></thead>
<tbody>${marts.map(
    ({ mart, title, rows, version, history, heldBack }) => html`<tr>
<td>${version === 0 ? title : html`<a href="${fileHref(`${mart}.html`)}">${title}</a>`}<br><span class="note"><code>app.${mart}</code></span></td>
<td class="number">${rows.toLocaleString('en-US')}</td>
<td>${sparkLine(history, `rows in the last ${history.length} versions of the mart, oldest first: ${history.join(', ')}`)}</td>
<td>${version === 0 ? 'never published' : `version ${version}`}${heldBack === null ? null : html`<br><b class="warn">held back:</b> <span class="note" dir="auto">${cut(heldBack, 200)}</span>`}</td>
<td class="files">${version === 0 ? null : html`<a href="${fileHref(`${mart}.csv`)}" aria-label="CSV of ${mart}">CSV</a> <a href="${fileHref(`${mart}.svg`)}" aria-label="SVG of ${mart}">SVG</a>`}</td></tr>`,
  )}</tbody></table>`
  return section(
    'marts',
    'Marts',
    'Rows of each mart now, and in the versions that changed it.',
    scrolling('marts', table),
  )
}
