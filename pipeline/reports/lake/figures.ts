import { type Html, html } from '../html.ts'

/** Small drawings of the index. Their sizes are attributes: the page's policy allows no style in an element. */

/** A part of a whole, for a bar: `kind` is its class in page.css. */
export interface Share {
  readonly kind: 'loaded' | 'updated' | 'unchanged' | 'quarantined'
  readonly count: number
}

/** One bar, as wide as the page gives it, cut into shares. A share that is not 0 is seen. */
export function shareBar(shares: readonly Share[], description: string): Html {
  const shown = shares.filter((share) => share.count > 0)
  const total = shown.reduce((sum, share) => sum + share.count, 0)
  const least = 8
  const widths = shown.map((share) => Math.max(least, (1000 * share.count) / Math.max(1, total)))
  const scale =
    1000 /
    Math.max(
      1,
      widths.reduce((sum, width) => sum + width, 0),
    )
  let x = 0
  const rects = shown.map((share, index) => {
    const width = (widths[index] ?? 0) * scale
    const rect = html`<rect class="${share.kind}" x="${x.toFixed(1)}" width="${Math.max(0, width - 2).toFixed(1)}" height="10"/>`
    x += width
    return rect
  })
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${description}">${rects}</svg>`
}

/** Numbers side by side, oldest first: a trend at a glance. */
export function sparkBars(numbers: readonly number[], description: string): Html {
  const [width, height] = [7, 22]
  const most = Math.max(1, ...numbers)
  return html`<svg class="spark" width="${Math.max(1, numbers.length) * width}" height="${height}" role="img" aria-label="${description}">${numbers.map(
    (number, index) => {
      const tall = number === 0 ? 1 : Math.max(3, Math.round((height * number) / most))
      return html`<rect x="${index * width}" y="${height - tall}" width="${width - 2}" height="${tall}"/>`
    },
  )}</svg>`
}

/** Numbers as a line, oldest first. */
export function sparkLine(numbers: readonly number[], description: string): Html | null {
  if (numbers.length === 0) return null
  const [width, height] = [120, 24]
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  const xOf = (index: number) => 3 + (numbers.length === 1 ? width - 6 : ((width - 6) * index) / (numbers.length - 1))
  const yOf = (number: number) =>
    most === least ? height / 2 : height - 4 - ((height - 8) * (number - least)) / (most - least)
  const points = numbers.map((number, index) => `${xOf(index).toFixed(1)},${yOf(number).toFixed(1)}`)
  const [lastX, lastY] = (points.at(-1) ?? '0,0').split(',') as [string, string]
  return html`<svg class="spark" width="${width}" height="${height}" role="img" aria-label="${description}"><polyline points="${points.join(' ')}"/><circle cx="${lastX}" cy="${lastY}" r="2.5"/></svg>`
}
