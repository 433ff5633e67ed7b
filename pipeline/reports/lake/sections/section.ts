import { type Html, html } from '../../html.ts'

/** A part of the index under its heading; `note` says what its numbers count. */
export function section(id: string, title: string, note: string | null, content: Html): Html {
  return html`<section class="card" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${note === null ? null : html`<p class="note">${note}</p>`}
${content}
</section>`
}

/** A table that scrolls by itself where the screen is narrow. */
export function scrolling(labelledBy: string, table: Html): Html {
  return html`<div class="scroller" tabindex="0" role="group" aria-labelledby="${labelledBy}">${table}</div>`
}
