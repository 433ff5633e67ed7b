const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** A size for people: `512 bytes`, `1.5 MB` (powers of 1,000). */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0]
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]}`
}
