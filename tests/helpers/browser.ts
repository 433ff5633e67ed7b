import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** Chromium of the system; playwright-core downloads none. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Tests that need a browser are skipped where there is none, and say so; `.ci/run` installs one and lets none be skipped. */
export const HAS_BROWSER = CHROMIUM !== undefined
if (!HAS_BROWSER) console.log('skipped: no Chromium (on Debian: apt-get install chromium)')

export interface LookOptions {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly javaScript?: boolean
}

/** A page that a test looks at, and all that went wrong in it. */
export interface Look {
  readonly page: Page
  /** Errors and warnings of the console, uncaught errors, and requests for anything but the page itself. */
  readonly faults: string[]
}

/** One browser for the tests of a file; each page is opened from disk, without a network. */
export function useBrowser(): (path: string, options?: LookOptions) => Promise<Look> {
  let browser: Browser | undefined
  beforeAll(async () => {
    // Root may not use Chromium's own sandbox; the pages are ours.
    browser = await chromium.launch({ ...(CHROMIUM ? { executablePath: CHROMIUM } : {}), args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())
  return async (path, { theme = 'light', width = 1280, javaScript = true } = {}) => {
    if (browser === undefined) throw new Error('the browser has not started')
    const context = await browser.newContext({
      colorScheme: theme,
      viewport: { width, height: 900 },
      offline: true,
      javaScriptEnabled: javaScript,
    })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const address = pathToFileURL(path).href
    const faults: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`)
    })
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
    page.on('request', (request) => {
      if (request.url() !== address) faults.push(`request: ${request.url()}`)
    })
    page.on('dialog', async (dialog) => {
      faults.push(`dialog: ${dialog.message()}`)
      await dialog.dismiss()
    })
    await page.goto(address)
    return { page, faults }
  }
}
