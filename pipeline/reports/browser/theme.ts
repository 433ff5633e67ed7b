import { DARK, LIGHT, type Palette } from '../charts/palette.ts'

const prefersDark = matchMedia('(prefers-color-scheme: dark)')
let isPrinting = false

/** The colours of the page as it is now; paper is white. */
export function palette(): Palette {
  return prefersDark.matches && !isPrinting ? DARK : LIGHT
}

/** Whether the page is being laid out for paper. */
export function printing(): boolean {
  return isPrinting
}

/** Called whenever colours or the width of the page change, paper included. */
export function onLook(listener: () => void): void {
  prefersDark.addEventListener('change', listener)
  addEventListener('beforeprint', () => {
    isPrinting = true
    listener()
  })
  addEventListener('afterprint', () => {
    isPrinting = false
    listener()
  })
}
