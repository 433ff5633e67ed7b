import { type Html, html } from '../../html.ts'
import { RECENT_RUNS, type RunLine } from '../read-runs.ts'
import { cut, moment } from '../words.ts'
import { scrolling, section } from './section.ts'

const WORDS: Readonly<Record<string, string>> = {
  committed: 'done',
  failed: 'failed',
  interrupted: 'stopped',
  rolled_back: 'rolled back',
}

/** What happened lately. */
export function runsSection(runs: readonly RunLine[]): Html {
  if (runs.length === 0) return section('runs', 'Runs', null, html`<p>There has been no run yet.</p>`)
  const table = html`<table>
<thead><tr><th scope="col" class="number">Run</th><th scope="col">Began (UTC)</th><th scope="col">What</th><th scope="col">Outcome</th><th scope="col" class="number">Files</th><th scope="col" class="number">Refused</th><th scope="col" class="number">Records</th><th scope="col" class="number">Loaded</th><th scope="col" class="number">Quarantined</th><th scope="col">Version after</th></tr></thead>
<tbody>${runs.map(runRow)}</tbody></table>`
  return section(
    'runs',
    'Runs',
    `The last ${RECENT_RUNS} runs, newest first: files they took, and what became of the records.`,
    scrolling('runs', table),
  )
}

function runRow(run: RunLine): Html {
  const number = (value: number) => html`<td class="number">${value.toLocaleString('en-US')}</td>`
  const word = WORDS[run.status] ?? run.status
  const isBad = run.status === 'failed' || run.status === 'interrupted'
  return html`<tr>
<td class="number">${String(run.runId)}</td><td class="moment">${moment(run.startedAt)}</td><td>${cut(run.command, 60)}</td>
<td>${isBad ? html`<b class="bad">${word}</b>` : word}${run.error === null ? null : html`<br><span class="note" dir="auto">${cut(run.error, 160)}</span>`}</td>
${number(run.files)}${number(run.refused)}${number(run.records)}${number(run.loaded)}${number(run.quarantined)}
<td>${String(run.version)}</td></tr>`
}
