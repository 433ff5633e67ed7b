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
