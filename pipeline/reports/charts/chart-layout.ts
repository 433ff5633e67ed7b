import type { ChartData } from './chart-data.ts'
import { shortNumber } from './numbers.ts'
import type { ChartSpec } from './page-data.ts'
import { textWidth } from './text.ts'

/** Kinds that are drawn; the others are numbers in HTML. */
export type DrawnKind = 'bar' | 'stacked-bar' | 'line' | 'heatmap'

export type DrawnSpec = ChartSpec & { readonly kind: DrawnKind }

export function isDrawn(spec: ChartSpec): spec is DrawnSpec {
  return spec.kind !== 'table' && spec.kind !== 'big-number'
}

/** How a chart stands in its place; lengths in pixels. */
export interface ChartLayout {
  readonly width: number
  readonly height: number
  /** Whether categories run from left to right. */
  readonly upright: boolean
  /** Room for the names of categories, beside lying bars and heat maps. */
  readonly labelWidth: number
  /** Categories that show at once; null: all do, and there is no slider. */
  readonly atOnce: number | null
  /** Of a heat map: the width of a cell, and whether its number fits in. */
  readonly cellWidth: number
  readonly showsCells: boolean
}

/** Categories that show at once; more are reached with a slider. A line shows all at first. */
const MOST_LYING = 24
const MOST_UPRIGHT = 60
/** Height of a category along a vertical axis, and of each bar where several stand side by side. */
const ROW_PX = 26
const BAR_PX = 9
const UPRIGHT_PX = 340
/** Right of a heat map. */
export const HEAT_RIGHT_PX = 12
/** The scale of colours below a heat map whose cells have no room for numbers. */
export const SCALE_PX = 44

/** @param width of the place the chart is drawn in, in pixels */
export function chartLayout(spec: ChartSpec, data: ChartData, width: number): ChartLayout {
  const upright = isUpright(spec, data)
  const count = data.categories.length
  const most = upright ? MOST_UPRIGHT : MOST_LYING
  const hasSlider = count > most
  const label = labelWidth(data, width)
  const cellWidth = (width - label - HEAT_RIGHT_PX - 12) / Math.max(1, data.series.length)
  const showsCells = spec.kind === 'heatmap' && cellWidth >= widestNumber(data) + 6
  const rows = Math.min(Math.max(1, count), MOST_LYING)
  const rowPx = spec.kind === 'bar' && !hasComparison(data) ? Math.max(ROW_PX, 8 + BAR_PX * data.series.length) : ROW_PX
  const around = spec.kind === 'heatmap' ? 32 + (showsCells ? 0 : SCALE_PX) : 88
  return {
    width,
    height: upright ? UPRIGHT_PX : around + rowPx * rows,
    upright,
    labelWidth: label,
    atOnce: hasSlider ? (spec.kind === 'line' ? count : most) : null,
    cellWidth,
    showsCells,
  }
}

export function hasComparison({ series }: ChartData): boolean {
  return series.some((one) => one.isComparison)
}

/** Lines, moments, years and a few short names run from left to right; long names are read along lying bars. */
function isUpright(spec: ChartSpec, { categories, categoryKind }: ChartData): boolean {
  if (spec.kind === 'line') return true
  if (spec.kind === 'heatmap') return false
  if (categoryKind !== 'text') return true
  return categories.length <= 8 && categories.every((name) => name.length <= 10)
}

function labelWidth({ categories }: ChartData, width: number): number {
  const longest = categories.reduce((most, name) => Math.max(most, textWidth(name.slice(0, 40))), 28)
  return Math.round(Math.min(longest, 240, width * 0.36))
}

function widestNumber({ series }: ChartData): number {
  const widths = series.flatMap(({ values }) =>
    values.map((value) => (value === null ? 0 : textWidth(shortNumber(value)))),
  )
  return widths.reduce((most, one) => Math.max(most, one), 0)
}
