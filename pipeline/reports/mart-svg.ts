import type { ChartSpec } from './charts/page-data.ts'
import { LIGHT } from './charts/palette.ts'
import { shortLabel } from './charts/text.ts'
import { html, rawHtml } from './html.ts'

/** A chart and how it was drawn. */
export interface Drawn {
  readonly spec: ChartSpec
  readonly drawing: { readonly svg: string; readonly width: number; readonly height: number }
}

const MARGIN = 24
const FONT = 'system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif'

/** All charts of a mart as one picture, with its title: for mails and documents. */
export function martSvg(title: string, sentence: string | null, charts: readonly Drawn[]): string {
  const width = Math.max(480, ...charts.map(({ drawing }) => drawing.width)) + 2 * MARGIN
  let top = sentence === null ? 56 : 80
  const placed = charts.map(({ spec, drawing }) => {
    const [titleTop, chartTop] = [top + 16, top + 28]
    top = chartTop + drawing.height + 20
    return html`<text x="${MARGIN}" y="${titleTop}" font-size="15" font-weight="600" fill="${LIGHT.ink}">${spec.title}</text>
<g transform="translate(${MARGIN} ${chartTop})">${rawHtml(drawing.svg)}</g>
`
  })
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" font-family="${FONT}">
<rect width="100%" height="100%" fill="${LIGHT.page}"/>
<text x="${MARGIN}" y="40" font-size="22" font-weight="650" fill="${LIGHT.ink}">${title}</text>
${sentence === null ? null : html`<text x="${MARGIN}" y="64" font-size="14" fill="${LIGHT.mutedInk}">${shortLabel(sentence, 130)}</text>`}
${placed}</svg>
`.text
}
