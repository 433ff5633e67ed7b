import type { Page } from 'playwright-core'

/** Wait until the page has drawn what it was asked for: two frames. */
export function drawn(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  )
}
