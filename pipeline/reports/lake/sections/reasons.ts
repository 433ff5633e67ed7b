import { type Html, html } from '../../html.ts'
import { sparkBars } from '../figures.ts'
import type { Reasons } from '../read-reasons.ts'
import { count, cut } from '../words.ts'
import { scrolling, section } from './section.ts'

const TITLE = 'Rules that records broke'

const EFFECTS: Readonly<Record<string, string>> = {
  quarantine: 'quarantined',
  warn: 'loaded, with a warning',
  refuse: 'the file was refused',
}

/** Why records are not in their tables, most frequent first. */
export function reasonsSection({ shown, more, runIds }: Reasons): Html {
  const runs = runIds.length === 1 ? 'the last run' : `the last ${runIds.length} runs`
  if (runIds.length === 0) return section('reasons', TITLE, null, html`<p>No run has taken a file yet.</p>`)
  if (shown.length === 0) return section('reasons', TITLE, null, html`<p>In ${runs} no record broke a rule.</p>`)
  const table = html`<table>
<thead><tr><th scope="col" class="number">Records</th><th scope="col">Broken rule</th><th scope="col">Table</th><th scope="col">Trend</th><th scope="col">What became of them</th><th scope="col">For example</th></tr></thead>
<tbody>${shown.map(
    ({ records, trend, table: name, rule, severity, example }) => html`<tr>
<td class="number">${records.toLocaleString('en-US')}</td>
<td><code>${cut(rule, 80)}</code></td><td>${name}</td>
<td>${sparkBars(trend, `by run, oldest first: ${trend.join(', ')}`)}</td><td>${EFFECTS[severity] ?? severity}</td><td dir="auto">${cut(example, 80)}</td></tr>`,
  )}</tbody></table>`
  return section(
    'reasons',
    TITLE,
    `Records that broke each rule in ${runs} with files, most frequent first; a record can break several. Trend: records by run.`,
    html`${scrolling('reasons', table)}${more > 0 ? html`<p class="note">and ${count(more, 'more rule')}; see <code>control.rule_results</code></p>` : null}`,
  )
}
