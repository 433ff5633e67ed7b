import { numberOf } from './numbers.ts'
import type { ChartSpec, PageData, PageTable, Value } from './page-data.ts'

/** A mart's rows, added up for one chart. */
export interface ChartData {
  /** What is told apart: the label of its column. */
  readonly categoryLabel: string
  readonly categories: readonly string[]
  readonly series: readonly ChartSeries[]
  /** Over the totals of all categories, those of the comparison too; null when the chart shows none. */
  readonly mean: number | null
  readonly unit: string | null
  readonly decimals: number | null
}

export interface ChartSeries {
  readonly name: string
  /** By category; null where there is no row. */
  readonly values: readonly (number | null)[]
  /** Of the comparison, to be shown in grey. */
  readonly isComparison: boolean
}

/** A value for a category that has none, and the name of what `top` leaves out. */
const MISSING = '(missing)'
const othersName = (count: number) => `${count} others`

/**
 * Add up a mart's rows for one chart.
 *
 * @param chosen a value of the column of `data.choice`: only its rows count, and charts by that column narrow down
 */
export function chartData(spec: ChartSpec, data: PageData, chosen: string | null): ChartData {
  const category = categoryOf(spec, data, chosen)
  const own = addUp(spec, data.table, category, rowsChosen(data, chosen))
  const names = [...own.totals.keys()]
  const others = chosen === null && data.comparison !== null ? data.comparison : null
  const rest = others === null ? null : addUp(spec, others.table, category, null)
  const more = rest === null ? [] : [...rest.totals.keys()].filter((name) => !own.totals.has(name))
  const total = (name: string) => own.totals.get(name) ?? rest?.totals.get(name) ?? 0
  const sorted = sortNames([...names, ...more], spec.sort, total)
  const kept = spec.top === null ? sorted : sorted.slice(0, spec.top)
  const left = sorted.slice(kept.length)
  const valuesOf = (sums: ReadonlyMap<string, number>) => [
    ...kept.map((name) => sums.get(name) ?? null),
    ...(left.length === 0 ? [] : [left.reduce((sum, name) => sum + (sums.get(name) ?? 0), 0)]),
  ]
  const first = data.table.columns[spec.values[0] ?? -1]
  return {
    categoryLabel: data.table.columns[category ?? -1]?.label ?? '',
    categories: [...kept, ...(left.length === 0 ? [] : [othersName(left.length)])],
    series: [
      ...[...own.series].map(([name, sums]) => ({
        name: others?.ownLabel || name,
        values: valuesOf(sums),
        isComparison: false,
      })),
      ...(rest === null || others === null
        ? []
        : [{ name: others.label, values: valuesOf(onlyOf(rest.totals, more)), isComparison: true }]),
    ],
    mean: spec.mean && sorted.length > 0 ? sorted.reduce((sum, name) => sum + total(name), 0) / sorted.length : null,
    unit: first?.unit ?? null,
    decimals: first?.decimals ?? null,
  }
}

/** The numbers of rows that a choice leaves; null: all. */
export function rowsChosen(data: PageData, chosen: string | null): number[] | null {
  if (chosen === null || data.choice === null) return null
  const values = data.table.values[data.choice.column] ?? []
  return values.flatMap((value, row) => (nameOf(value) === chosen ? [row] : []))
}

/** The values that can be chosen from, by name. */
export function choices(data: PageData): string[] {
  if (data.choice === null) return []
  return [...new Set((data.table.values[data.choice.column] ?? []).map(nameOf))].sort((a, b) => a.localeCompare(b))
}

function categoryOf(spec: ChartSpec, data: PageData, chosen: string | null): number | null {
  const narrows = chosen !== null && data.choice !== null && spec.category === data.choice.column
  return narrows ? (data.choice?.narrowsTo ?? spec.category) : spec.category
}

interface Sums {
  /** Name of a series -> category -> sum. */
  readonly series: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Category -> sum over the series, in the order in which they come. */
  readonly totals: ReadonlyMap<string, number>
}

function addUp(spec: ChartSpec, table: PageTable, category: number | null, rows: readonly number[] | null): Sums {
  const series = new Map<string, Map<string, number>>()
  const totals = new Map<string, number>()
  const names = category === null ? null : (table.values[category] ?? [])
  const bySeries = spec.series === null ? null : (table.values[spec.series] ?? [])
  const count = rows?.length ?? table.rowCount
  for (const column of spec.values) {
    const values = table.values[column] ?? []
    const label = table.columns[column]?.label ?? ''
    if (bySeries === null) series.set(label, series.get(label) ?? new Map())
    for (let index = 0; index < count; index++) {
      const row = rows === null ? index : (rows[index] ?? 0)
      const name = names === null ? label : nameOf(names[row] ?? null)
      const seriesName = bySeries === null ? label : nameOf(bySeries[row] ?? null)
      const number = numberOf(values[row] ?? null)
      if (!totals.has(name)) totals.set(name, 0)
      if (number === null) continue
      let sums = series.get(seriesName)
      if (sums === undefined) {
        sums = new Map()
        series.set(seriesName, sums)
      }
      sums.set(name, (sums.get(name) ?? 0) + number)
      totals.set(name, (totals.get(name) ?? 0) + number)
    }
  }
  return { series, totals }
}

function nameOf(value: Value): string {
  return value === null || value === '' ? MISSING : String(value)
}

function sortNames(names: string[], sort: ChartSpec['sort'], total: (name: string) => number): string[] {
  if (sort === 'value') return names.sort((a, b) => total(b) - total(a))
  if (sort === 'category') return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names
}

function onlyOf(sums: ReadonlyMap<string, number>, names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name) => [name, sums.get(name) ?? 0]))
}
