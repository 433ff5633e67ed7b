import { numberOf } from './numbers.ts'
import type { ChartSpec, PageColumn, PageData, PageTable, Value } from './page-data.ts'

/** A mart's rows, added up for one chart. */
export interface ChartData {
  /** What is told apart: the label of its column. */
  readonly categoryLabel: string
  readonly categoryKind: PageColumn['kind']
  readonly categories: readonly string[]
  readonly series: readonly ChartSeries[]
  /** Over the totals of all categories that have a number, those of the comparison too; null when the chart shows none. */
  readonly mean: number | null
  /** Null when there is none, or when the columns of the chart have several. */
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
  const total = (name: string) => own.totals.get(name) ?? rest?.totals.get(name) ?? null
  const sorted = sortNames([...names, ...more], spec.sort, total)
  const kept = spec.top === null ? sorted : sorted.slice(0, spec.top)
  const left = sorted.slice(kept.length)
  const valuesOf = (sums: Sums) => [
    ...kept.map((name) => sums.get(name) ?? null),
    ...(left.length === 0 ? [] : [sumOf(left.map((name) => sums.get(name) ?? null))]),
  ]
  const column = data.table.columns[category ?? -1]
  return {
    categoryLabel: column?.label ?? '',
    categoryKind: column?.kind ?? 'text',
    categories: [...kept, ...(left.length === 0 ? [] : [othersName(left.length)])],
    series: [
      ...own.series.map(({ name, sums }) => ({
        name: others?.ownLabel || name,
        values: valuesOf(sums),
        isComparison: false,
      })),
      ...(rest === null || others === null
        ? []
        : [{ name: others.label, values: valuesOf(onlyOf(rest.totals, more)), isComparison: true }]),
    ],
    mean: spec.mean ? meanOf(sorted.map(total)) : null,
    ...unitOf(spec, data.table),
  }
}

/** Whether there is any number to draw. */
export function hasNumbers({ series }: ChartData): boolean {
  return series.some(({ values }) => values.some((value) => value !== null))
}

/** The sum of what is there; null when nothing is, as in SQL. */
export function sumOf(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce((sum, number) => (number === null ? sum : (sum ?? 0) + number), null)
}

/** What the numbers of a chart count, and their digits after the point: those of all its columns. */
export function unitOf(spec: ChartSpec, table: PageTable): { unit: string | null; decimals: number | null } {
  const columns = spec.values.flatMap((place) => table.columns[place] ?? [])
  const units = new Set(columns.map((column) => column.unit))
  const decimals = columns.map((column) => column.decimals)
  const known = decimals.filter((digits) => digits !== null)
  return {
    unit: units.size === 1 ? (columns[0]?.unit ?? null) : null,
    decimals: known.length === 0 || known.length < decimals.length ? null : Math.max(...known),
  }
}

function meanOf(numbers: readonly (number | null)[]): number | null {
  const sum = sumOf(numbers)
  return sum === null ? null : sum / numbers.filter((number) => number !== null).length
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
  return [...new Set((data.table.values[data.choice.column] ?? []).map(nameOf))].sort(byName)
}

function categoryOf(spec: ChartSpec, data: PageData, chosen: string | null): number | null {
  const narrows = chosen !== null && data.choice !== null && spec.category === data.choice.column
  return narrows ? (data.choice?.narrowsTo ?? spec.category) : spec.category
}

/** Category -> sum; null or not there where no row has a number. */
type Sums = ReadonlyMap<string, number | null>

/** Add up the rows of a table, by series and in all. */
function addUp(
  spec: ChartSpec,
  table: PageTable,
  category: number | null,
  rows: readonly number[] | null,
): { readonly series: readonly { readonly name: string; readonly sums: Sums }[]; readonly totals: Sums } {
  const series = new Map<number | string, { name: string; sums: Map<string, number> }>()
  const totals = new Map<string, number | null>()
  const names = category === null ? null : (table.values[category] ?? [])
  const bySeries = spec.series === null ? null : (table.values[spec.series] ?? [])
  // Two columns may have the same label: a series goes by the place of its column, or by its value in the column of series.
  const sumsOf = (key: number | string, name: string) => {
    const known = series.get(key)
    if (known !== undefined) return known.sums
    const sums = new Map<string, number>()
    series.set(key, { name, sums })
    return sums
  }
  const count = rows?.length ?? table.rowCount
  for (const column of spec.values) {
    const values = table.values[column] ?? []
    const label = table.columns[column]?.label ?? ''
    if (bySeries === null) sumsOf(column, label)
    for (let index = 0; index < count; index++) {
      const row = rows === null ? index : (rows[index] ?? 0)
      const name = names === null ? label : nameOf(names[row] ?? null)
      const number = numberOf(values[row] ?? null)
      if (!totals.has(name)) totals.set(name, null)
      if (number === null) continue
      const value = bySeries === null ? null : nameOf(bySeries[row] ?? null)
      const sums = value === null ? sumsOf(column, label) : sumsOf(value, value)
      sums.set(name, (sums.get(name) ?? 0) + number)
      totals.set(name, (totals.get(name) ?? 0) + number)
    }
  }
  return { series: [...series.values()], totals }
}

function nameOf(value: Value): string {
  return value === null || value === '' ? MISSING : String(value)
}

function sortNames(names: string[], sort: ChartSpec['sort'], total: (name: string) => number | null): string[] {
  if (sort === 'value') return names.sort((a, b) => largestFirst(total(a), total(b)))
  if (sort === 'category') return names.sort(byName)
  return names
}

const collator = new Intl.Collator('en', { numeric: true })

/** By letters and numbers, as a dictionary does: `Q2` before `Q10`. */
function byName(a: string, b: string): number {
  return collator.compare(a, b)
}

/** What has no number comes last. */
function largestFirst(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return b - a
}

function onlyOf(sums: Sums, names: readonly string[]): Sums {
  return new Map(names.map((name) => [name, sums.get(name) ?? null]))
}
