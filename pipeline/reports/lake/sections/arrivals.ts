import { type Html, html } from '../../html.ts'
import type { Arrival } from '../read-arrivals.ts'
import type { TableFreshness } from '../read-freshness.ts'
import type { LakeReport } from '../read-lake.ts'
import { count, cut, duration, moment } from '../words.ts'
import { scrolling, section } from './section.ts'

/** Whether files come in time, with as much in them as usual. */
export function arrivalsSection({ arrivals, freshness, writtenAt }: LakeReport): Html {
  if (arrivals.length === 0)
    return section('arrivals', 'Freshness and volume', null, html`<p>No file has been loaded yet.</p>`)
  const table = html`<table>
<thead><tr><th scope="col">Sender's files</th><th scope="col">Last file</th><th scope="col">Freshness</th><th scope="col">Volume</th></tr></thead>
<tbody>${arrivals.map((arrival) => arrivalRow(arrival, writtenAt))}</tbody></table>`
  return section(
    'arrivals',
    'Freshness and volume',
    'By name pattern: the newest loaded file against those before it. Half to twice the median number of records is usual. Files within an hour are one delivery; the next is late after three times the median time between them.',
    html`${scrolling('arrivals', table)}${freshness.length === 0 ? null : html`<ul class="names">${freshness.map(freshnessItem)}</ul>`}`,
  )
}

function arrivalRow(arrival: Arrival, now: Date): Html {
  const { table, sender, pattern, newestFile, newestAt, isLate, isUnusual } = arrival
  return html`<tr>
<td><code>${cut(pattern, 60)}</code><br><span class="note">${sender === null ? table : `${sender}, for ${table}`}</span></td>
<td dir="auto">${cut(newestFile, 60)}<br><span class="note">${moment(newestAt)} UTC</span></td>
<td>${state(isLate, `${duration(now.getTime() - newestAt.getTime())} old`)}<br><span class="note">${gapText(arrival)}</span></td>
<td>${state(isUnusual, count(arrival.records, 'record'))}<br><span class="note">${volumeText(arrival)}</span></td></tr>`
}

/** What a contract demands of a table. */
function freshnessItem({ table, column, newest, ageMs, mostMs, isFresh }: TableFreshness): Html {
  const found = newest === null || ageMs === null ? 'there is no value' : `${newest}, ${duration(ageMs)} old`
  return html`<li><strong>${table}</strong>: the newest <code>${column}</code> may be ${duration(mostMs)} old; ${state(!isFresh, `${isFresh ? '' : 'too old: '}${found}`)} at the last run</li>`
}

function state(isBad: boolean, text: string): Html {
  return isBad ? html`<b class="warn">${text}</b>` : html`${text}`
}

function gapText({ usualGapMs, isLate }: Arrival): string {
  if (usualGapMs === null) return 'too few deliveries for a habit'
  return `${isLate ? 'late: ' : ''}usually every ${duration(usualGapMs)}`
}

function volumeText({ usualRecords, isUnusual }: Arrival): string {
  if (usualRecords === null) return 'too few files for a habit'
  const [least, most] = [usualRecords.least, usualRecords.most].map((number) => number.toLocaleString('en-US'))
  return `${isUnusual ? 'unusual: ' : ''}${least} to ${most} are usual`
}
