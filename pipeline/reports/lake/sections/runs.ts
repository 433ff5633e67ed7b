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
  const table = html`<table class="dense">
<thead><tr><th scope="col" class="number">Run</th><th scope="col">Began (UTC)</th><th scope="col">Outcome</th><th scope="col" class="number">Files</th><th scope="col" class="number">Refused</th><th scope="col" class="number">Records</th><th scope="col" class="number">Loaded</th><th scope="col" class="number">Updated</th><th scope="col" class="number">Unchanged</th><th scope="col" class="number">Quarantined</th><th scope="col" class="number">Version</th></tr></thead>
<tbody>${runs.map(runRow)}</tbody></table>`
  return section(
    'runs',
    'Runs',
    `The last ${RECENT_RUNS} runs, newest first: files they took and files they refused, what became of the records that they read, and the version of the lake after each.`,
    scrolling('runs', table),
  )
}

function runRow(run: RunLine): Html {
  const number = (value: number) => html`<td class="number">${value.toLocaleString('en-US')}</td>`
  const word = WORDS[run.status] ?? run.status
  const isBad = run.status === 'failed' || run.status === 'interrupted'
  return html`<tr>
<td class="number">${String(run.runId)}</td><td class="moment">${moment(run.startedAt)}${run.command === 'run' ? null : html`<br><span class="note">${cut(run.command, 60)}</span>`}</td>
<td>${isBad ? html`<b class="bad">${word}</b>` : word}${run.error === null ? null : html`<br><span class="note" dir="auto">${cut(run.error, 160)}</span>`}</td>
${number(run.files)}${number(run.refused)}${number(run.records)}${number(run.loaded)}${number(run.updated)}${number(run.unchanged)}${number(run.quarantined)}
<td class="number">${String(run.version)}</td></tr>`
}
