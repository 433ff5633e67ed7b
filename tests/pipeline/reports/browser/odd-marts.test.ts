import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HAS_BROWSER, useBrowser } from '../../../helpers/browser.ts'
import { tempLake } from '../../../helpers/temp-lake.ts'
import { drawn } from './drawn.ts'

const MARTS: Readonly<Record<string, string>> = {
  no_rows: "select 'a' as name, 1 as v, 2 as w where false",
  no_numbers: 'select null::varchar as name, null::integer as v, null::integer as w from range(3)',
  one_row: "select 'only' as name, 1 as v, 2 as w",
  below_zero: "select 'name ' || range as name, -100 * (range + 1) as v, 50 as w from range(9)",
  years: 'select 2010 + range as name, range as v, 1 as w from range(12)',
  many: "select 'name ' || range as name, range as v, 1 as w from range(200)",
  formulas: "select '=1+1' as name, -5 as v, 0.5 as w union all select '@x', null, null",
}

const report = {
  columns: { v: { unit: 'EUR' }, w: { unit: 'EUR' } },
  choice: { column: 'name' },
  charts: [
    { kind: 'big-number', values: ['v'] },
    { kind: 'bar', category: 'name', values: ['v'], mean: true },
    { kind: 'stacked-bar', category: 'name', values: ['v', 'w'] },
    { kind: 'line', category: 'name', values: ['v', 'w'] },
    { kind: 'heatmap', category: 'name', values: ['v', 'w'] },
    { kind: 'table', category: 'name', values: ['v', 'w'] },
  ],
}

describe.skipIf(!HAS_BROWSER)('marts that a chart was not thought for, in a browser', () => {
  const look = useBrowser()

  test('are shown without an error, and say what there is', async () => {
    const lake = await tempLake({
      pages: true,
      config: {
        name: 'odd',
        tables: {},
        marts: Object.fromEntries(Object.keys(MARTS).map((name) => [name, { sql: `${name}.sql`, report }])),
      },
      sql: Object.fromEntries(Object.entries(MARTS).map(([name, text]) => [`${name}.sql`, text])),
    })
    expect((await lake.run()).problems).toEqual([])
    const pageOf = async (name: string) => {
      const { page, faults } = await look(lake.path('reports', `${name}.html`), { width: 375 })
      await drawn(page)
      expect(faults, name).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name).toBe(true)
      return page
    }
    for (const name of ['below_zero', 'years', 'many', 'formulas']) await pageOf(name)

    const empty = await pageOf('no_rows')
    expect(await empty.locator('.drawing').allTextContents()).toEqual([
      ...Array(4).fill('There is nothing to draw: no rows.'),
      expect.stringContaining('EUR'),
    ])
    expect(await empty.getByRole('button', { name: 'Save as image' }).count()).toBe(0)
    expect(await empty.locator('#row-count').textContent()).toBe('0 rows')

    const missing = await pageOf('no_numbers')
    expect(await missing.locator('.figures dd').textContent()).toBe('–')
    expect(await missing.locator('.drawing').first().textContent()).toContain('they are missing in every row')
    expect(await (await pageOf('one_row')).locator('#row-count').textContent()).toBe('1 row')

    const texts = (name: string) =>
      [...readFileSync(lake.path('reports', `${name}.svg`), 'utf8').matchAll(/<text[^>]*>([^<]*)</g)].map(
        ([, text]) => text,
      )
    expect(texts('years')).toEqual(expect.arrayContaining(['2010', '2021', 'EUR', 'mean 5.5 EUR']))
    expect(texts('below_zero')).toEqual(expect.arrayContaining(['-100', '-900', '-850']))
    expect(texts('many').filter((text) => text?.startsWith('The first'))).toEqual(
      Array(3).fill('The first 24 of 200 are drawn here.'),
    )
    expect(texts('no_rows')).toContain('There is nothing to draw: no rows.')
    expect(readFileSync(lake.path('reports', 'formulas.csv'), 'utf8')).toBe("name,v,w\n'=1+1,-5,0.5\n'@x,,\n")
  }, 120_000)
})
