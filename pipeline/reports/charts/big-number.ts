import { rowsChosen, sumOf, unitOf } from './chart-data.ts'
import { numberOf, withUnit } from './numbers.ts'
import type { ChartSpec, PageData } from './page-data.ts'

/** The one number of a `big-number`: the sum of its columns, or how many rows there are. */
export function bigNumberText(spec: ChartSpec, data: PageData, chosen: string | null): string {
  const { table } = data
  const rows = rowsChosen(data, chosen)
  const count = rows?.length ?? table.rowCount
  if (spec.values.length === 0 || count === 0) return withUnit(count, unitOf(spec, table).unit)
  const sums = spec.values.map((column) => {
    const values = table.values[column] ?? []
    return sumOf((rows === null ? values : rows.map((row) => values[row] ?? null)).map(numberOf))
  })
  const { unit, decimals } = unitOf(spec, table)
  return withUnit(sumOf(sums), unit, decimals)
}
