import { type Html, html } from '../../html.ts'
import type { LakeReport } from '../read-lake.ts'
import type { OpenRecords, RefusedRecord } from '../read-quarantine.ts'
import { count, cut } from '../words.ts'
import { section } from './section.ts'

/** Where the files lie that the index leads to. */
export interface Places {
  /** The CSV that holds an upload's refused records: as people type it, and as an address from the page. */
  readonly inboxCsv: (table: string, file: string, runId: number) => { readonly path: string; readonly href: string }
  /** The address of the report of anomalies; null when there is none. */
  readonly anomalies: string | null
}

const MOST_FILES = 10

/** What waits for a person. */
export function quarantineSection({ quarantine, refusedFiles }: LakeReport, places: Places): Html {
  if (quarantine.length === 0 && refusedFiles.length === 0)
    return section('quarantine', 'Open quarantine', null, html`<p>Nothing waits: no record and no file.</p>`)
  return section(
    'quarantine',
    'Open quarantine',
    'Records that wait for a person, with an example of the most frequent kinds. Correct them in the CSV that is named, and drop it into uploads.',
    html`${quarantine.map((table) => openTable(table, places))}${refused(refusedFiles)}${everything(places)}`,
  )
}

function everything({ anomalies }: Places): Html | null {
  if (anomalies === null) return null
  return html`<p class="note">All of it as one list, to be sent to whoever makes the files: <a href="${anomalies}">anomalies.csv</a></p>`
}

function openTable({ table, open, waiting, samples, csvs }: OpenRecords, places: Places): Html {
  return html`<h3>${table} <span class="count">${count(open, 'open record')}${waitingText(waiting)}</span></h3>
<ul class="plain records">${samples.map(sample)}</ul>
${toCorrect(table, csvs, places)}`
}

function waitingText(waiting: number): string {
  if (waiting === 0) return ''
  return `; ${count(waiting, 'record')} ${waiting === 1 ? 'waits' : 'wait'} for the row that is referred to`
}

function toCorrect(table: string, csvs: OpenRecords['csvs'], places: Places): Html | null {
  if (csvs.length === 0) return null
  const items = csvs.slice(0, MOST_FILES).map(({ file, runId, records }) => {
    const { path, href } = places.inboxCsv(table, file, runId)
    return html`<li><a href="${href}">${cut(path, 120)}</a> <span class="note">${count(records, 'record')}</span></li>`
  })
  return html`<p class="note">To correct, newest first:</p>
<ul class="names">${items}</ul>
${more(csvs.length)}`
}

function more(files: number): Html | null {
  return files <= MOST_FILES ? null : html`<p class="note">and ${count(files - MOST_FILES, 'more file')}</p>`
}

function sample({ file, line, reason, cells, raw }: RefusedRecord): Html {
  const id = `${file}:${line}`
  return html`<li>
<p class="reason"><code dir="auto">${cut(id, 120)}</code> <span dir="auto">${cut(reason, 300)}</span></p>
${raw === null ? cellsTable(cells, id) : html`<p class="raw"><mark dir="auto">${cut(raw, 240)}</mark></p>`}
</li>`
}

function cellsTable(cells: RefusedRecord['cells'], id: string): Html {
  return html`<div class="scroller" tabindex="0" role="group" aria-label="Record ${cut(id, 120)}"><table class="record">
<thead><tr>${cells.map(({ column }) => html`<th scope="col">${cut(column, 40)}</th>`)}</tr></thead>
<tbody><tr>${cells.map(({ text, isBad }) => {
    const shown = text === null || text === '' ? html`<i>missing</i>` : cut(text, 80)
    return isBad ? html`<td dir="auto"><mark>${shown}</mark></td>` : html`<td dir="auto">${shown}</td>`
  })}</tr></tbody></table></div>`
}

function refused(names: readonly string[]): Html | null {
  if (names.length === 0) return null
  return html`<h3>Files that could not be read <span class="count">${count(names.length, 'file')}</span></h3>
<p class="note">They lie in <code>quarantine/files/</code>, each with a <code>.reason.txt</code> beside it.</p>
<ul class="names">${names.slice(0, MOST_FILES).map((name) => html`<li dir="auto">${cut(name, 120)}</li>`)}</ul>
${more(names.length)}`
}
