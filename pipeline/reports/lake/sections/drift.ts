import { type Html, html } from '../../html.ts'
import type { Drift } from '../read-drift.ts'
import { count, cut } from '../words.ts'
import { scrolling, section } from './section.ts'

/** Columns that senders have added. */
export function driftSection(drift: readonly Drift[]): Html {
  if (drift.length === 0)
    return section('drift', 'Schema drift', null, html`<p>No file had a column that its table does not have.</p>`)
  const table = html`<table>
<thead><tr><th scope="col">Table</th><th scope="col">Column</th><th scope="col" class="number">Files</th><th scope="col">Newest file</th></tr></thead>
<tbody>${drift.map(
    (one) =>
      html`<tr><td>${one.table}</td><td dir="auto"><code>${cut(one.column, 80)}</code></td><td class="number">${count(one.files, 'file')}</td><td dir="auto">${cut(one.newestFile, 80)} (run ${one.newestRunId})</td></tr>`,
  )}</tbody></table>`
  return section(
    'drift',
    'Schema drift',
    'Columns of loaded files that their table does not have; the values are kept in _extra of ods.<table>.',
    scrolling('drift', table),
  )
}
