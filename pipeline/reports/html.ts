/** A piece of HTML that is safe as it is. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | null | readonly Part[]

/** Build HTML: a piece of HTML goes in as it is, any other value as text; null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    strings.map((piece, index) => piece + (index < parts.length ? htmlOf(parts[index] ?? null) : '')).join(''),
  )
}

/** Text that is HTML already: droplake's own style sheet and script, ECharts' drawings. Never a value from outside. */
export function rawHtml(text: string): Html {
  return new Html(text)
}

/** A JSON value inside a `<script type="application/json">`, where nothing but `<` could end it. */
export function jsonForHtml(value: unknown): Html {
  const text = JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
  return new Html(text)
}

/** A file name as an address beside the page. */
export function fileHref(name: string): string {
  return `./${encodeURIComponent(name)}`
}

function htmlOf(part: Part): string {
  if (part === null) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(htmlOf).join('')
  return escapeText(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  // NUL and lone surrogates have no place in a document.
  return text
    .replace(/[\0\ud800-\udfff]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
