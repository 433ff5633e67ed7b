import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { HAS_BROWSER, useBrowser } from '../../../helpers/browser.ts'
import { REPOSITORY, type TempLake, tempLake } from '../../../helpers/temp-lake.ts'

const SAMPLES = join(REPOSITORY, 'samples', 'hires')

async function sampleLake(): Promise<TempLake> {
  const names = readdirSync(SAMPLES).filter((name) => name.endsWith('.csv'))
  const lake = await tempLake({
    uploads: Object.fromEntries(names.map((name) => [name, readFileSync(join(SAMPLES, name))])),
  })
  const { problems } = await lake.run()
  expect(problems).toEqual([])
  return lake
}

/** How many colours a canvas shows. */
function colorsOf(canvas: Locator): Promise<number> {
  return canvas.evaluate((drawn) => {
    const { width, height } = drawn as HTMLCanvasElement
    const pixels = (drawn as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? []
    return new Set(new Uint32Array(new Uint8ClampedArray(pixels).buffer)).size
  })
}

describe.skipIf(!HAS_BROWSER)('the page of a mart, in a browser without a network', () => {
  const look = useBrowser()

  test('opens from disk without an error or a request, and draws the numbers of the mart', async () => {
    const lake = await sampleLake()
    const { page, faults } = await look(lake.path('reports', 'hires_by_quarter.html'))
    expect(await page.locator('h1').innerText()).toBe('Hires in 2021, quarter by quarter')
    expect(await page.locator('.canvas[role=img]').count()).toBe(2)
    for (const canvas of await page.locator('.canvas > div:first-child > canvas:first-child').all())
      expect(await colorsOf(canvas)).toBeGreaterThan(5)
    expect(faults).toEqual([])

    const [[total]] = (await lake.query('select sum(q1 + q2 + q3 + q4) from app.hires_by_quarter')) as [[string]]
    expect(await page.locator('.figures dd').innerText()).toBe(`${Number(total).toLocaleString('en-US')} hires`)
  })
})
