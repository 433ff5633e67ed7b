import { expect, test } from 'vitest'
import { bigNumberText } from '../../../pipeline/reports/charts/big-number.ts'
import { chartData, choices, hasNumbers } from '../../../pipeline/reports/charts/chart-data.ts'
import { describeChart } from '../../../pipeline/reports/charts/describe-chart.ts'
import { formatNumber, formatValue, meanText, shortNumber } from '../../../pipeline/reports/charts/numbers.ts'
import type { ChartSpec, PageColumn, PageData, Value } from '../../../pipeline/reports/charts/page-data.ts'
import { DARK, LIGHT, rampColor, seriesColor } from '../../../pipeline/reports/charts/palette.ts'
import { drawnLabel } from '../../../pipeline/reports/charts/text.ts'

const column = (name: string, kind: PageColumn['kind'] = 'text'): PageColumn => ({
  name,
  label: name.toUpperCase(),
  unit: kind === 'number' ? 'EUR' : null,
  kind,
  decimals: kind === 'number' ? 0 : null,
  isAmount: kind === 'number',
})

/** Rows of `region`, `city`, `a`, `b`. */
const page = (rows: readonly (readonly Value[])[], more: Partial<PageData> = {}): PageData => ({
  mart: 'sales',
  table: {
    columns: [column('region'), column('city'), column('a', 'number'), column('b', 'number')],
    rowCount: rows.length,
    values: [0, 1, 2, 3].map((index) => rows.map((row) => row[index] ?? null)),
  },
  charts: [],
  sort: null,
  choice: { column: 0, narrowsTo: 1 },
  comparison: null,
  ...more,
})

const chart = (spec: Partial<ChartSpec>): ChartSpec => ({
  kind: 'bar',
  title: 'chart',
  category: 0,
  values: [2],
  series: null,
  sort: 'none',
  top: null,
  mean: false,
  colors: null,
  ...spec,
})

const SALES = page([
  ['north', 'Oslo', 1, 10],
  ['south', 'Rome', 5, 50],
  ['north', 'Bergen', 2, 20],
  [null, 'Nowhere', null, 7],
])

test('rows of one category are added up, a series for each column; a missing category has a name', () => {
  const { categories, series, unit } = chartData(chart({ values: [2, 3] }), SALES, null)
  expect(categories).toEqual(['north', 'south', '(missing)'])
  expect(series).toEqual([
    { name: 'A', values: [3, 5, null], isComparison: false },
    { name: 'B', values: [30, 50, 7], isComparison: false },
  ])
  expect(unit).toBe('EUR')
})

test('a choice counts its rows alone, and charts by its column narrow down', () => {
  expect(choices(SALES)).toEqual(['(missing)', 'north', 'south'])
  const { categories, categoryLabel, series } = chartData(chart({}), SALES, 'north')
  expect([categoryLabel, categories, series[0]?.values]).toEqual(['CITY', ['Oslo', 'Bergen'], [1, 2]])
  expect(bigNumberText(chart({ kind: 'big-number', category: null }), SALES, 'north')).toBe('3 EUR')
  expect(bigNumberText(chart({ kind: 'big-number', category: null, values: [] }), SALES, null)).toBe('4')
})

test('top keeps the largest and adds up the others', () => {
  const { categories, series } = chartData(chart({ values: [3], sort: 'value', top: 1 }), SALES, null)
  expect([categories, series[0]?.values]).toEqual([
    ['south', '2 others'],
    [50, 37],
  ])
})

test('the values of a column can be the series', () => {
  const { categories, series } = chartData(chart({ category: 1, series: 0, values: [3] }), SALES, null)
  expect(categories).toEqual(['Oslo', 'Rome', 'Bergen', 'Nowhere'])
  expect(series.map(({ name, values }) => [name, ...values])).toEqual([
    ['north', 10, null, 20, null],
    ['south', null, 50, null, null],
    ['(missing)', null, null, null, 7],
  ])
})

test('a comparison adds what the mart lacks, in a series of its own, and counts in the mean', () => {
  const others = page([
    ['north', 'Oslo', 3, 0],
    ['east', 'Riga', 1, 0],
    ['west', 'Cork', 0, 0],
  ])
  const compared = { ...SALES, comparison: { table: others.table, label: 'Others', ownLabel: 'Ours' } }
  const { categories, series, mean } = chartData(chart({ sort: 'value', mean: true }), compared, null)
  expect(categories).toEqual(['south', 'north', 'east', 'west', '(missing)'])
  expect(series).toEqual([
    { name: 'Ours', values: [5, 3, null, null, null], isComparison: false },
    { name: 'Others', values: [null, null, 1, 0, null], isComparison: true },
  ])
  expect(mean).toBe(9 / 4)
})

test('what has no number is not zero: not in a total, not in a mean, not in a sentence', () => {
  const rows = page([
    ['north', 'Oslo', null, null],
    ['south', 'Rome', null, null],
  ])
  const data = chartData(chart({ mean: true, sort: 'value', top: 1 }), rows, null)
  expect(data.series[0]?.values).toEqual([null, null])
  expect([data.mean, hasNumbers(data)]).toEqual([null, false])
  expect(describeChart(chart({}), data)).toBe('Bars: no numbers: they are missing in every row.')
  expect(describeChart(chart({}), chartData(chart({}), page([]), null))).toBe('Bars: no rows.')
  expect(bigNumberText(chart({ kind: 'big-number', category: null }), rows, null)).toBe('–')
  expect(bigNumberText(chart({ kind: 'big-number', category: null }), page([]), null)).toBe('0 EUR')
})

test('columns of one label stay two series', () => {
  const { columns } = SALES.table
  const alike = {
    ...SALES,
    table: { ...SALES.table, columns: [...columns.slice(0, 3), { ...column('b', 'number'), label: 'A' }] },
  }
  expect(chartData(chart({ values: [2, 3] }), alike, null).series.map(({ name, values }) => [name, ...values])).toEqual(
    [
      ['A', 3, 5, null],
      ['A', 30, 50, 7],
    ],
  )
})

test('columns that count different things share no unit', () => {
  const { columns } = SALES.table
  const mixed = {
    ...SALES,
    table: { ...SALES.table, columns: [...columns.slice(0, 3), { ...column('b', 'number'), unit: 'kg' }] },
  }
  expect(chartData(chart({ values: [2, 3] }), mixed, null).unit).toBe(null)
  expect(bigNumberText(chart({ kind: 'big-number', values: [2, 3] }), mixed, null)).toBe('95')
})

test('a number that says something never reads 0, and a drawn one is short', () => {
  expect([0.000012, -0.00456, 0.1234, 1.005, 0].map((value) => formatNumber(value))).toEqual([
    '0.000012',
    '-0.00456',
    '0.123',
    '1',
    '0',
  ])
  expect([999_999, 1_234_567, -4e9, 2.5e12, 9e17].map(shortNumber)).toEqual([
    '999,999',
    '1.23M',
    '-4bn',
    '2.5tn',
    '9e17',
  ])
  expect([meanText(223.846, 'hires'), meanText(2.3456, null)]).toEqual(['223.8 hires', '2.35'])
})

test('each colour of a heat map lets its number be read, by 4.5 : 1, in both themes', () => {
  const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  const light = (color: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => channel(Number.parseInt(color.slice(at, at + 2), 16) / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  for (const { ramp } of [LIGHT, DARK])
    for (let share = 0; share <= 1; share += 0.01) {
      const { fill, text } = rampColor(share, ramp)
      const [low = 0, high = 0] = [light(fill), light(text)].sort((a, b) => a - b)
      expect((high + 0.05) / (low + 0.05)).toBeGreaterThan(4.5)
    }
})

test('many series keep apart: a colour that comes again is another one', () => {
  const colors = Array.from({ length: 24 }, (_, index) => seriesColor(index, LIGHT.series, LIGHT))
  expect(new Set(colors).size).toBe(24)
})

test('numbers are grouped, and those that JavaScript would round keep every digit', () => {
  expect([1953, -1234567, 0.5, 12.345, 1e21].map((number) => formatNumber(number))).toEqual([
    '1,953',
    '-1,234,567',
    '0.5',
    '12.35',
    '1e+21',
  ])
  expect(formatNumber(12.5, 2)).toBe('12.50')
  const amount = column('amount', 'number')
  expect(formatValue('-12345678901234567890.50', amount)).toBe('-12,345,678,901,234,567,890.50')
  expect(formatValue(2021, { ...amount, isAmount: false })).toBe('2021')
  expect(formatValue(null, amount)).toBe('')
})

test('no label is the name of what every object has', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const label = drawnLabel(name, 40)
    expect(label in {}).toBe(false)
    expect(label.replace('\u2060', '')).toBe(name)
  }
  expect(drawnLabel('\u202eabc\ndef', 40)).toBe('abc def')
  expect(drawnLabel('x'.repeat(10_000), 5)).toBe('xxxx…')
})
