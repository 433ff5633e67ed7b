import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { HAS_BROWSER, useBrowser } from '../../../helpers/browser.ts'
import { useSampleLake } from '../../../helpers/sample-lake.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds, as `rule: element`. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } }
    const { violations } = await axe.run()
    return violations.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.html.slice(0, 120)}`))
  })
}
interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

/** How many colours a canvas shows. */
function colorsOf(canvas: Locator): Promise<number> {
  return canvas.evaluate((drawn) => {
    if (!(drawn instanceof HTMLCanvasElement)) throw new Error('no canvas')
    const pixels = drawn.getContext('2d')?.getImageData(0, 0, drawn.width, drawn.height).data ?? new Uint8ClampedArray()
    return new Set(new Uint32Array(pixels.buffer)).size
  })
}

const chart = (page: Page, title: string) => page.locator('figure', { has: page.getByRole('heading', { name: title }) })

/** The numbers below a chart: a row of texts for each category. */
async function numbersOf(figure: Locator): Promise<string[][]> {
  return figure
    .locator('details tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')))
}

const shownRows = (page: Page) =>
  page
    .locator('#rows tbody:not([aria-hidden]) tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')))

describe.skipIf(!HAS_BROWSER)('the pages of the sample lake, from disk and without a network', () => {
  const lake = useSampleLake()
  const look = useBrowser()
  const PAGES = ['index', 'hires_by_quarter', 'departments_above_average', 'department_hires']

  test('open without an error, a warning or a request, and fit a narrow screen', async () => {
    for (const name of PAGES) {
      for (const width of [1280, 375]) {
        const { page, faults } = await look(lake().path('reports', `${name}.html`), { width })
        await page.waitForTimeout(100)
        expect(faults, name).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name).toBe(true)
      }
    }
  })

  test.each(['light', 'dark'] as const)('show axe nothing that is wrong, %s', async (theme) => {
    for (const name of PAGES) {
      const { page } = await look(lake().path('reports', `${name}.html`), { theme })
      for (const summary of await page.locator('summary').all()) await summary.click()
      expect(await violations(page), name).toEqual([])
      await page.setViewportSize({ width: 375, height: 800 })
      expect(await violations(page), name).toEqual([])
    }
  })

  test('draw the numbers of the mart', async () => {
    const { page } = await look(lake().path('reports', 'hires_by_quarter.html'))
    for (const canvas of await page.locator('.canvas canvas:first-of-type').all())
      expect(await colorsOf(canvas)).toBeGreaterThan(20)

    const expected = await lake().query(`
      select department, sum(q1), sum(q2), sum(q3), sum(q4)
      from app.hires_by_quarter group by department order by sum(q1 + q2 + q3 + q4) desc, department`)
    for (const title of ['Hires by department, split by quarter', 'Hires by department and quarter'])
      expect(await numbersOf(chart(page, title))).toEqual(expected)
    const total = expected.reduce((sum, [, ...numbers]) => sum + numbers.reduce((all, one) => all + Number(one), 0), 0)
    expect(await page.locator('.figures dd').textContent()).toBe(`${total.toLocaleString('en-US')} hires`)
    const [department, ...quarters] = expected[0] ?? []
    const most = quarters.reduce((sum, one) => sum + Number(one), 0)
    await expect(
      chart(page, 'Hires by department, split by quarter').getByRole('img').getAttribute('aria-label'),
    ).resolves.toContain(`Largest: ${department} (${most} hires)`)
  })

  test('narrow to the jobs of a department that is chosen, by the choice or by its bar', async () => {
    const { page, faults } = await look(lake().path('reports', 'hires_by_quarter.html'))
    const jobs = await lake().query(`
      select job, q1, q2, q3, q4 from app.hires_by_quarter where department = 'Galley' order by q1 + q2 + q3 + q4 desc, job`)
    await page.locator('#choice').selectOption('Galley')
    const shown = await numbersOf(chart(page, 'Hires by department, split by quarter'))
    expect([...shown].sort()).toEqual([...jobs].sort())
    expect(await page.locator('#row-count').textContent()).toBe(`${jobs.length} of 773 rows`)
    expect((await shownRows(page)).every(([department]) => department === 'Galley')).toBe(true)

    await page.locator('#choice').selectOption('All')
    expect(await page.locator('#row-count').textContent()).toBe('773 rows')
    const bars = await chart(page, 'Hires by department, split by quarter').locator('.canvas').boundingBox()
    await page.mouse.click((bars?.x ?? 0) + 260, (bars?.y ?? 0) + 56)
    await expect.poll(() => page.locator('#choice').inputValue()).not.toBe('')
    expect(faults).toEqual([])
  })

  test('show the departments below the mean in grey, and the mean', async () => {
    const { page } = await look(lake().path('reports', 'departments_above_average.html'))
    const all = await lake().query('select department, hired from app.department_hires')
    const above = new Set((await lake().query('select department from app.departments_above_average')).flat())
    expect(await numbersOf(chart(page, 'Hires by department'))).toEqual(
      all.map(([department = '', hired = '']) =>
        above.has(department) ? [department, hired, '–'] : [department, '–', hired],
      ),
    )
    const mean = all.reduce((sum, [, hired]) => sum + Number(hired), 0) / all.length
    await expect(chart(page, 'Hires by department').getByRole('img').getAttribute('aria-label')).resolves.toContain(
      `Mean: ${Math.round(mean * 10) / 10} hires.`,
    )
  })

  test('sort by a heading and find what is searched for, also by keyboard alone', async () => {
    const { page } = await look(lake().path('reports', 'hires_by_quarter.html'))
    const heading = page.getByRole('columnheader', { name: 'Q3' })
    await heading.getByRole('button').focus()
    await page.keyboard.press('Enter')
    expect(await heading.getAttribute('aria-sort')).toBe('ascending')
    await page.keyboard.press('Enter')
    expect(await heading.getAttribute('aria-sort')).toBe('descending')
    const [[most]] = (await lake().query('select max(q3) from app.hires_by_quarter')) as [[string]]
    expect((await shownRows(page))[0]?.[4]).toBe(most)

    await page.getByLabel('Search').focus()
    await page.keyboard.type('galley NIGHT')
    const [[found]] = (await lake().query(
      "select count(*) from app.hires_by_quarter where (department || ' ' || job) ilike '%galley%' and (department || ' ' || job) ilike '%night%'",
    )) as [[string]]
    expect(await page.locator('#row-count').textContent()).toBe(`${found} of 773 rows`)
    for (const row of await shownRows(page)) expect(row.join(' ')).toMatch(/galley.*night/i)
  })

  test('reach every control with the Tab key', async () => {
    const { page } = await look(lake().path('reports', 'hires_by_quarter.html'))
    const reached: string[] = []
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ''))
    }
    for (const wanted of [
      'All reports',
      'choice',
      'Save as image',
      'Numbers of this chart',
      'search',
      'CSV',
      'rows',
      'Q4',
    ])
      expect(
        reached.some((one) => one.startsWith(wanted)),
        wanted,
      ).toBe(true)
  })

  test('save a chart as an image', async () => {
    const { page } = await look(lake().path('reports', 'hires_by_quarter.html'))
    const download = page.waitForEvent('download')
    await chart(page, 'Hires by department and quarter').getByRole('button', { name: 'Save as image' }).click()
    expect((await download).suggestedFilename()).toBe('Hires by department and quarter.png')
  })

  test('tell the numbers of a bar under the mouse, as text', async () => {
    const { page, faults } = await look(lake().path('reports', 'departments_above_average.html'))
    const bars = await page.locator('.canvas').boundingBox()
    await page.mouse.move((bars?.x ?? 0) + 260, (bars?.y ?? 0) + 56)
    await expect.poll(() => page.locator('.tip').textContent()).toBe('Harbour OperationsAbove the mean: 236 hires')
    expect(faults).toEqual([])
  })

  test('are dark where the system is, and white on paper', async () => {
    const { page } = await look(lake().path('reports', 'hires_by_quarter.html'), { theme: 'dark' })
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(await background()).toBe('rgb(16, 20, 26)')
    await page.locator('#choice').selectOption('Galley')
    await page.emulateMedia({ media: 'print' })
    expect(await background()).toBe('rgb(255, 255, 255)')
    await page.evaluate(() => {
      addEventListener('beforeprint', () => {
        document.body.dataset.printed = [...document.querySelectorAll('figure svg')]
          .map((svg) => svg.textContent)
          .join()
      })
    })
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(await page.locator('body').getAttribute('data-printed')).toContain('Lead Harbour Technician')
    expect(await page.locator('figure canvas').count()).toBeGreaterThan(1)
  })

  test('tell the same without scripts: drawings, and the first rows', async () => {
    const { page, faults } = await look(lake().path('reports', 'hires_by_quarter.html'), { javaScript: false })
    const drawings = page.locator('figure svg')
    expect(await drawings.count()).toBe(2)
    expect(await drawings.first().textContent()).toContain('Harbour Operations')
    expect(await page.locator('#rows tbody tr').count()).toBe(50)
    expect(await page.locator('#choice').isVisible()).toBe(false)
    expect(faults).toEqual([])
  })

  test('have a picture each that opens by itself', async () => {
    const { page, faults } = await look(lake().path('reports', 'hires_by_quarter.svg'))
    expect(await page.locator('text').allTextContents()).toContain('Harbour Operations')
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toMatch(/style=|<style|<script|href=/)
    expect(faults).toEqual([])
  })

  test('begin with the index: a verdict, and equations that add up', async () => {
    const { page } = await look(lake().path('reports', 'index.html'))
    expect(await page.locator('h1').textContent()).toBe('Needs attention')
    expect(await page.locator('.lede').textContent()).toBe('65 records wait in quarantine.')
    const equations = await page.locator('.equation').allTextContents()
    expect(equations).toHaveLength(3)
    for (const equation of equations) {
      const [records = 0, ...parts] = [...equation.replaceAll(',', '').matchAll(/\d+/g)].map(Number)
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(records)
    }
    expect(await page.locator('script').count()).toBe(0)
  })
})
