import { describe, expect, test } from 'vitest'
import { HAS_BROWSER, useBrowser } from '../../../helpers/browser.ts'
import { tempLake } from '../../../helpers/temp-lake.ts'

const LONG = 'x'.repeat(10_000)

/** Names that a careless page would run, break at, or turn around. */
const NAMES = [
  '<script>alert(1)</script>',
  '</script><script>alert(2)</script>',
  '<!--<script>',
  '</style><style>*{display:none}</style>',
  '<img src=x onerror=alert(3)>',
  '"><svg onload=alert(4)>',
  "' onmouseover='alert(5)",
  'javascript:alert(6)',
  '{{constructor.constructor("alert(7)")()}}',
  '\u202egnp.exe',
  'a\u2028b\u2029c',
  '&lt;b&gt; & "quotes" \'too\'',
  '__proto__',
  'constructor',
  LONG,
]

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`

const config = {
  name: '<script>alert("lake")</script>',
  tables: {
    'we"ird <b>': {
      files: ['*.csv'],
      columns: {
        id: { type: 'integer' },
        'na<i>me': { type: 'string', maxLength: 20_000 },
        amount: { type: 'integer' },
      },
      primaryKey: ['id'],
    },
  },
  marts: {
    'by <u>name': {
      sql: 'mart.sql',
      report: {
        title: '</title><script>alert("title")</script>',
        sentence: '<script>alert("sentence")</script> {a|b}',
        columns: { amount: { label: '<b>amount</b>', unit: '<i>unit</i>' } },
        choice: { column: 'na<i>me' },
        charts: [
          { kind: 'big-number', title: '<b>sum</b>', values: ['amount'] },
          { kind: 'bar', title: '<script>alert("bar")</script>', category: 'na<i>me', values: ['amount'], mean: true },
          { kind: 'stacked-bar', category: 'id', series: 'na<i>me', values: ['amount'] },
          { kind: 'line', category: 'na<i>me', values: ['amount'] },
          { kind: 'heatmap', category: 'na<i>me', series: 'na<i>me', values: ['amount'] },
          { kind: 'table', category: 'na<i>me', values: ['amount'], top: 3 },
        ],
      },
    },
  },
}

describe.skipIf(!HAS_BROWSER)('text from data and config, in a browser', () => {
  const look = useBrowser()

  test('is text everywhere, whatever stands in it', async () => {
    const rows = NAMES.map((name, index) => `${index + 1},${quoted(name)},${index + 1}\n`)
    const bad = NAMES.filter((name) => name !== LONG).map((name) => `${quoted(name)},x,1\n`)
    const lake = await tempLake({
      pages: true,
      config,
      sql: { 'mart.sql': 'select id, "na<i>me", amount from dw."we""ird <b>" order by id' },
      uploads: {
        '<img src=x onerror=alert(8)>.csv': rows.join(''),
        '\'"><script>alert(9)<%2fscript>.csv': bad.join(''),
        'extra.csv': `id,na<i>me,amount,<script>alert(10)\n99,z,1,2\n`,
      },
    })
    const { problems } = await lake.run()
    expect(problems).toEqual([])
    for (const key in {}) throw new Error(`every object has "${key}" now`)

    for (const name of ['by <u>name.html', 'index.html']) {
      const { page, faults } = await look(lake.path('reports', name))
      expect(await page.locator('script').count()).toBe(name === 'index.html' ? 0 : 2)
      for (const live of ['img', 'iframe', 'object', 'embed', 'base', 'form', '[onerror]', '[onload]', '[onmouseover]'])
        expect(await page.locator(live).count(), live).toBe(0)
      expect(await page.locator('style').count()).toBe(1)
      expect(await page.locator('a[href^="javascript" i]').count()).toBe(0)
      expect(await page.locator('body').isVisible()).toBe(true)
      for (const canvas of await page.locator('.canvas').all()) {
        const box = await canvas.boundingBox()
        for (const [x, y] of [
          [0.5, 0.3],
          [0.3, 0.5],
          [0.6, 0.6],
        ] as const)
          await canvas.hover({ position: { x: (box?.width ?? 0) * x, y: (box?.height ?? 0) * y } })
      }
      expect(faults, name).toEqual([])
    }

    const { page } = await look(lake.path('reports', 'by <u>name.html'))
    expect(await page.title()).toBe('</title><script>alert("title")</script>')
    expect(await page.locator('h1').textContent()).toBe('</title><script>alert("title")</script>')
    const shown = await page.locator('#rows tbody:not([aria-hidden]) td:nth-child(2)').allTextContents()
    expect(shown.slice(0, NAMES.length - 1)).toEqual(NAMES.slice(0, -1))
    expect(shown[NAMES.length - 1]).toBe(`${LONG.slice(0, 300)}…`)
    expect(await page.locator('figure details tbody th').allTextContents()).toEqual(
      expect.arrayContaining(NAMES.slice(0, -1)),
    )
    expect(await page.locator('#choice option').count()).toBe(NAMES.length + 2)

    const index = await look(lake.path('reports', 'index.html'))
    expect(await index.page.locator('mark').allTextContents()).toEqual(
      expect.arrayContaining(['<script>alert(1)</script>']),
    )

    const picture = await look(lake.path('reports', 'by <u>name.svg'))
    expect(await picture.page.locator('parsererror').count()).toBe(0)
    expect(await picture.page.locator('script, style, a, image, foreignObject').count()).toBe(0)
    expect(picture.faults).toEqual([])
  })
})
