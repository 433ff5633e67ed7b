import { expect, test } from 'vitest'
import { bigNumberText } from '../../../pipeline/reports/charts/big-number.ts'
import { chartData, choices } from '../../../pipeline/reports/charts/chart-data.ts'
import { formatNumber, formatValue } from '../../../pipeline/reports/charts/numbers.ts'
import type { ChartSpec, PageColumn, PageData, Value } from '../../../pipeline/reports/charts/page-data.ts'
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
  expect(categories).toEqual(['south', 'north', 'east', '(missing)', 'west'])
  expect(series).toEqual([
    { name: 'Ours', values: [5, 3, null, null, null], isComparison: false },
    { name: 'Others', values: [null, null, 1, null, 0], isComparison: true },
  ])
  expect(mean).toBe(9 / 5)
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
