import type { PageColumn, Value } from './page-data.ts'

const MISSING = '–'

/**
 * A number for people: `1,953`, `12.50`. Not by `toLocaleString`, which takes 30 times as long (2026-11): a search looks
 * through 100,000 rows of them.
 *
 * @param decimals digits after the point; null: two at most
 */
export function formatNumber(value: number, decimals: number | null = null): string {
  return groupDigits(decimals === null ? String(Number(value.toFixed(2))) : value.toFixed(decimals))
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
