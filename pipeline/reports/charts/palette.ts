/**
 * Colours of charts, for light and dark pages. Series colours are told apart with every common kind of colour blindness
 * (after Okabe and Ito, jfly.uni-koeln.de/color) and stand out from the page by 3 : 1 (WCAG 1.4.11); neighbours in a
 * stack differ in lightness, too.
 */
export interface Palette {
  readonly ink: string
  readonly mutedInk: string
  readonly line: string
  readonly page: string
  /** Of a comparison. */
  readonly grey: string
  readonly series: readonly string[]
  /** From few to many. */
  readonly ramp: readonly string[]
}

export const LIGHT: Palette = {
  ink: '#1c2430',
  mutedInk: '#566272',
  line: '#dde2e8',
  page: '#ffffff',
  grey: '#a3adb8',
  series: ['#1f5fa8', '#d9822b', '#138a72', '#b5559b', '#7a6a2f', '#4a9bd1', '#c1453b', '#66758a'],
  ramp: ['#eef4fb', '#b9d5ef', '#74acdc', '#2f78bd', '#123f75'],
}

export const DARK: Palette = {
  ink: '#e8ecf1',
  mutedInk: '#a4afbc',
  line: '#323b47',
  page: '#171c23',
  grey: '#6d7886',
  series: ['#5b9fe6', '#f0a04e', '#3fbf9f', '#dd86c6', '#c9b458', '#9ed0f3', '#ef7f73', '#a3b1c4'],
  ramp: ['#1d2733', '#244a70', '#2f74b3', '#63aae6', '#c3e0fa'],
}

/** The colour of a series. Where there are more series than colours, they come again: paler, then darker. */
export function seriesColor(index: number, colors: readonly string[], { page, ink }: Palette): string {
  const color = colors[index % colors.length] ?? ink
  const round = Math.floor(index / colors.length) % 3
  return round === 0 ? color : mix(color, round === 1 ? page : ink, 0.5)
}

/**
 * The colour of a number in a ramp, and the colour of text upon it: the one of black and white that is read better
 * (at least 4.5 : 1 on every colour, WCAG 1.4.3).
 *
 * @param share 0: the least, 1: the most
 */
export function rampColor(share: number, ramp: readonly string[]): { readonly fill: string; readonly text: string } {
  const place = Math.min(Math.max(share, 0), 1) * (ramp.length - 1)
  const low = ramp[Math.floor(place)] ?? '#000000'
  const fill = mix(low, ramp[Math.ceil(place)] ?? low, place % 1)
  const light = luminance(fill)
  return { fill, text: (light + 0.05) ** 2 > 0.0525 ? '#000000' : '#ffffff' }
}

/** @param share of the second colour */
function mix(first: string, second: string, share: number): string {
  const [from, to] = [channels(first), channels(second)]
  const mixed = from.map((value, index) => Math.round(value + ((to[index] ?? 0) - value) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** Of `#rrggbb`, 0 to 255 each. */
function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16))
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
