import { type Html, html } from '../../html.ts'
import { shareBar } from '../figures.ts'
import type { Funnel } from '../read-funnels.ts'
import { count } from '../words.ts'
import { section } from './section.ts'

const KINDS = ['loaded', 'updated', 'unchanged', 'quarantined'] as const

/** Per table what became of the records. */
export function funnelsSection(funnels: readonly Funnel[]): Html {
  if (funnels.length === 0) return section('tables', 'Tables', null, html`<p>The config declares no table.</p>`)
  return section(
    'tables',
    'From records to rows',
    'Every record of every file that was ever read: it was loaded as a new row, it updated a row, a row like it was there already, or it was quarantined.',
    html`<ul class="plain funnels">${funnels.map(funnelItem)}</ul>
<p class="legend">${KINDS.map((kind) => html`<span><span class="key ${kind}"></span> ${kind}</span>`)}</p>`,
  )
}

function funnelItem(funnel: Funnel): Html {
  const { table, records, loaded, updated, unchanged, quarantined, rows } = funnel
  const number = (value: number) => value.toLocaleString('en-US')
  const description = `${number(records)} records: ${number(loaded)} loaded, ${number(updated)} updated, ${number(unchanged)} unchanged, ${number(quarantined)} quarantined`
  return html`<li>
<p class="funnel-head"><strong>${table}</strong> <span>${count(rows, 'row')} now</span></p>
${
  records === 0
    ? null
    : shareBar(
        KINDS.map((kind) => ({ kind, count: funnel[kind] })),
        description,
      )
}
<p class="equation"><b>${number(records)}</b> records read = <b>${number(loaded)}</b> loaded + <b>${number(updated)}</b> updated + <b>${number(unchanged)}</b> unchanged + <b${quarantined > 0 ? html` class="warn"` : null}>${number(quarantined)}</b> quarantined</p>
<p class="note">${filesText(funnel)}</p>
</li>`
}

function filesText({ files, duplicates, refused, returned }: Funnel): string {
  return [
    `from ${count(files, 'file')}`,
    ...(duplicates > 0 ? [`${count(duplicates, 'file')} with content that had been loaded before`] : []),
    ...(returned > 0
      ? [`${count(returned, 'record')} of the quarantined ${returned === 1 ? 'has' : 'have'} come into the table since`]
      : []),
    ...(refused > 0 ? [`${count(refused, 'file')} refused`] : []),
  ].join('; ')
}
