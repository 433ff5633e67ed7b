// What a page carries as JSON for its script. Written by Node, read by the browser: it knows neither.
import type { ChartKind } from '../../../core/config/report-schema.ts'

/** A value of a mart: what a JavaScript number would round travels as text. */
export type Value = string | number | boolean | null

export interface PageColumn {
  readonly name: string
  readonly label: string
  readonly unit: string | null
  readonly kind: 'number' | 'text' | 'moment'
  /** Digits after the point; null: as many as the value has. */
  readonly decimals: number | null
  /** Whether its numbers are amounts, shown as `1,953`; keys and years are not. */
  readonly isAmount: boolean
}

/** Rows of a mart, column by column: `values[column][row]`. */
export interface PageTable {
  readonly columns: readonly PageColumn[]
  readonly rowCount: number
  readonly values: readonly (readonly Value[])[]
}

/** A chart as the config declares it, columns by their place in the table. */
export interface ChartSpec {
  readonly kind: ChartKind
  readonly title: string
  readonly category: number | null
  readonly values: readonly number[]
  readonly series: number | null
  readonly sort: 'value' | 'category' | 'none'
  readonly top: number | null
  readonly mean: boolean
  readonly colors: readonly string[] | null
}

export interface PageData {
  readonly mart: string
  readonly table: PageTable
  readonly charts: readonly ChartSpec[]
  readonly sort: { readonly column: number; readonly order: 'asc' | 'desc' } | null
  /** Places of the column that can be chosen from, and of the one that takes its place then. */
  readonly choice: { readonly column: number; readonly narrowsTo: number | null } | null
  readonly comparison: { readonly table: PageTable; readonly label: string; readonly ownLabel: string } | null
}
