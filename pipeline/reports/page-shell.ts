import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../../core/package-folder.ts'
import { type Html, html, jsonForHtml, rawHtml } from './html.ts'

/** What stands around the content of every page. */
export interface PageShell {
  readonly title: string
  /** Tells whether a page on disk is up to date. */
  readonly fingerprint: string
  readonly content: Html
  /** For the script; null for a page that needs none. */
  readonly data: unknown
}

interface Assets {
  readonly css: string
  readonly script: string
}

let assets: Assets | undefined

/** The style sheet and the script of the pages, as the build left them. */
function readAssets(): Assets {
  const read = (name: string) => readFileSync(join(packageFolder(), 'dist', 'pipeline', 'reports', name), 'utf8')
  assets ??= { css: read('page.css'), script: read('page.js') }
  return assets
}

/** Changes with the style sheet and the script. */
export function assetsHash(): string {
  const { css, script } = readAssets()
  return `${hashOf(css)} ${hashOf(script)}`
}

/** A whole page: it asks for nothing outside, and its policy lets nothing run but this style sheet and this script. */
export function renderPage({ title, fingerprint, content, data }: PageShell): string {
  const { css, script } = readAssets()
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(css)}'`,
    ...(data === null ? [] : [`script-src '${hashOf(script)}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="droplake" content="${fingerprint}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${rawHtml(css)}</style>
</head>
<body>
${content}
${
  data === null
    ? null
    : html`<script type="application/json" id="page-data">${jsonForHtml(data)}</script>
<script>${rawHtml(script)}</script>`
}
</body>
</html>
`.text
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
