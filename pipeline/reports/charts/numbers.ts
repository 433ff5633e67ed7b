import type { PageColumn, Value } from './page-data.ts'

const MISSING = '–'

/**
 * A number for people: `1,953`, `12.50`. Not by `toLocaleString`, which takes 30 times as long (2026-11): a search looks
 * through 100,000 rows of them.
 *
 * @param decimals digits after the point; null: two at most, and of a number below 1 three that say something (`0.00123`)
 */
export function formatNumber(value: number, decimals: number | null = null): string {
  if (decimals !== null) return groupDigits(value.toFixed(decimals))
  return groupDigits(String(Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(2))))
}

const SCALES = [
  [1e12, 'tn'],
  [1e9, 'bn'],
  [1e6, 'M'],
] as const

/** A number where there is little room, in a drawing: `1,953`, `1.23M`, `4bn`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e15) return value.toExponential(2).replace(/\.?0*e\+/, 'e')
  const [scale, sign] = SCALES.find(([least]) => size >= least) ?? [1, '']
  return scale === 1 ? formatNumber(value) : `${Number((value / scale).toPrecision(3))}${sign}`
}

/** A mean has a digit more than what it is the mean of, and no more. */
export function meanText(mean: number, unit: string | null): string {
  return withUnit(Math.abs(mean) < 10 ? mean : Math.round(mean * 10) / 10, unit)
}

/** A number with its unit: `236 hires`. */
export function withUnit(value: number | null, unit: string | null, decimals: number | null = null): string {
  if (value === null) return MISSING
  return unit === null ? formatNumber(value, decimals) : `${formatNumber(value, decimals)} ${unit}`
}

/** A value of a table as it is shown. */
export function formatValue(value: Value, column: PageColumn): string {
  if (value === null) return ''
  if (column.kind !== 'number') return String(value)
  if (!column.isAmount)
    return typeof value === 'number' && column.decimals ? value.toFixed(column.decimals) : String(value)
  return typeof value === 'number' ? formatNumber(value, column.decimals) : groupDigits(String(value))
}

/** A value as a number for a chart, which may round it; null when it is none. */
export function numberOf(value: Value): number | null {
  if (value === null || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** Digits of a number that travels as text, in groups: `-12345678901234567890.5` keeps every one of them. */
function groupDigits(text: string): string {
  const [, sign, whole, rest] = /^(-?)(\d+)(\.\d+)?$/.exec(text) ?? []
  return whole === undefined ? text : `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest ?? ''}`
}
