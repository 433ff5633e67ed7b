import { rowsChosen } from './chart-data.ts'
import { numberOf, withUnit } from './numbers.ts'
import type { ChartSpec, PageData } from './page-data.ts'

/** The one number of a `big-number`: the sum of its columns, or how many rows there are. */
export function bigNumberText(spec: ChartSpec, data: PageData, chosen: string | null): string {
  const { table } = data
  const rows = rowsChosen(data, chosen)
  const count = rows?.length ?? table.rowCount
  if (spec.values.length === 0) return withUnit(count, null)
  let sum = 0
  for (const column of spec.values) {
    const values = table.values[column] ?? []
    for (let index = 0; index < count; index++)
      sum += numberOf(values[rows === null ? index : (rows[index] ?? 0)] ?? null) ?? 0
  }
  const first = table.columns[spec.values[0] ?? -1]
  return withUnit(sum, first?.unit ?? null, first?.decimals ?? null)
}
