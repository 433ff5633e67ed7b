import { fileHref, type Html, html } from '../html.ts'
import type { LakeReport } from './read-lake.ts'
import { arrivalsSection } from './sections/arrivals.ts'
import { driftSection } from './sections/drift.ts'
import { funnelsSection } from './sections/funnels.ts'
import { martsSection } from './sections/marts.ts'
import { type Places, quarantineSection } from './sections/quarantine.ts'
import { reasonsSection } from './sections/reasons.ts'
import { runsSection } from './sections/runs.ts'
import { verdictOf } from './verdict.ts'
import { moment } from './words.ts'

/** The content of `reports/index.html`: what a person wants to know of the lake, the most urgent first. */
export function indexPage(lake: LakeReport, places: Places): Html {
  const verdict = verdictOf(lake)
  return html`<header class="top">
<p class="crumbs">${lake.name} <span aria-hidden="true">/</span> version ${lake.version}, as of ${moment(lake.writtenAt)} UTC</p>
<h1 class="verdict ${verdict.level}">${verdict.word}</h1>
<p class="lede">${verdict.sentence}</p>
${shortcuts(lake)}
</header>
<main>
${funnelsSection(lake.funnels)}
${reasonsSection(lake.reasons)}
${quarantineSection(lake, places)}
${driftSection(lake.drift)}
${arrivalsSection(lake)}
${martsSection(lake.marts)}
${runsSection(lake.runs)}
</main>`
}

/** Most readers come for a report. */
function shortcuts({ marts }: LakeReport): Html | null {
  if (marts.length === 0) return null
  return html`<nav aria-label="Reports"><ul class="shortcuts">${marts
    .filter(({ version }) => version > 0)
    .map(({ mart, title }) => html`<li><a href="${fileHref(`${mart}.html`)}">${title}</a></li>`)}</ul></nav>`
}
