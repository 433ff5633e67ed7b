import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { HAS_BROWSER, useBrowser } from '../../../helpers/browser.ts'
import { tempLake } from '../../../helpers/temp-lake.ts'
import { drawn } from './drawn.ts'

const config = (rows: number) => ({
  name: 'large',
  tables: {},
  marts: {
    sales: {
      sql: 'sales.sql',
      report: {
        columns: { amount: { unit: 'EUR' } },
        choice: { column: 'region', narrowsTo: 'customer' },
        charts: [
          { kind: 'bar', category: 'region', values: ['amount'], sort: 'value' },
          { kind: 'line', category: 'day', values: ['amount'] },
        ],
      },
    },
  },
  parameters: { rows },
})

const SALES = `
select
  range as id, 'Customer ' || hash(range) % 50000 as customer, 'Region ' || range % 40 as region,
  date '2021-01-01' + (range % 365)::integer as day, (range % 1000 / 8)::decimal(12, 2) as amount
from range($rows)
order by id`

/** When the page first showed anything, in ms after it was opened. */
function firstPaintMs(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName('first-contentful-paint')[0]
          if (paint !== undefined) resolve(paint.startTime)
        }).observe({ type: 'paint', buffered: true })
      }),
  )
}

/** How long the page's thread is at work, in ms of CPU: at least as long as any stall, and other work on the machine adds nothing. */
async function busyMs(page: Page, action: () => Promise<unknown>): Promise<number> {
  const client = await page.context().newCDPSession(page)
  await client.send('Performance.enable', { timeDomain: 'threadTicks' })
  const workedMs = async () => {
    const { metrics } = await client.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
  }
  const before = await workedMs()
  await action()
  await drawn(page)
  const ms = (await workedMs()) - before
  await client.detach()
  return ms
}

describe.skipIf(!HAS_BROWSER)('a page of many rows, in a browser', () => {
  const look = useBrowser()

  test.each([
    [933, 1000],
    [100_000, 3000],
  ])('of %i rows shows something within %i ms', async (rows, mostMs) => {
    const lake = await tempLake({ pages: true, config: config(rows), sql: { 'sales.sql': SALES } })
    expect((await lake.run()).problems).toEqual([])
    const paints: number[] = []
    // Other work on the machine only adds to it: what counts is the best of a few times.
    for (let time = 0; time < 8 && !(Math.min(...paints) < mostMs); time++) {
      const { page, faults } = await look(lake.path('reports', 'sales.html'))
      paints.push(await firstPaintMs(page))
      expect(await page.locator('#row-count').textContent()).toBe(`${rows.toLocaleString('en-US')} rows`)
      expect(faults).toEqual([])
    }
    console.log(`first paint of ${rows} rows: ${paints.map(Math.round).join(', ')} ms`)
    expect(Math.min(...paints)).toBeLessThan(mostMs)
  })

  test('of 100,000 rows scrolls, sorts, searches and narrows without a stall', async () => {
    const lake = await tempLake({ pages: true, config: config(100_000), sql: { 'sales.sql': SALES } })
    await lake.run()
    const { page } = await look(lake.path('reports', 'sales.html'))
    const firstCells = () => page.locator('#rows tbody:not([aria-hidden]) td:first-child').allTextContents()
    const busy: Record<string, number> = {}

    busy.scroll = await busyMs(page, () =>
      page.locator('#rows').evaluate((rows) => rows.scrollTo(0, rows.scrollHeight)),
    )
    expect((await firstCells()).at(-1)).toBe('99999')
    expect((await firstCells()).length).toBeLessThan(100)

    busy.sort = await busyMs(page, () => page.getByRole('button', { name: 'customer', exact: true }).click())
    const [[least]] = (await lake.query('select min(lower(customer)) from app.sales')) as [[string]]
    expect(
      (await page.locator('#rows tbody:not([aria-hidden]) td:nth-child(2)').first().textContent())?.toLowerCase(),
    ).toBe(least)

    busy.search = await busyMs(page, () => page.getByLabel('Search').fill('2021-12-05'))
    const [[found]] = (await lake.query("select count(*) from app.sales where day = '2021-12-05'")) as [[string]]
    expect(await page.locator('#row-count').textContent()).toBe(
      `${Number(found).toLocaleString('en-US')} of 100,000 rows`,
    )

    await page.getByLabel('Search').fill('')
    busy.choose = await busyMs(page, () => page.locator('#choice').selectOption('Region 7'))
    expect(await page.locator('#row-count').textContent()).toBe('2,500 of 100,000 rows')
    console.log(`work at 100,000 rows, in ms of CPU: ${JSON.stringify(busy)}`)
    // A stall is what a person notices and wonders about.
    for (const [what, ms] of Object.entries(busy)) expect(ms, what).toBeLessThan(1500)
  })
})
