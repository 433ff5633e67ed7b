import { DARK, LIGHT, type Palette } from '../charts/palette.ts'

const prefersDark = matchMedia('(prefers-color-scheme: dark)')
let isPrinting = false

/** The colours of the page as it is now. */
export function palette(): Palette {
  return prefersDark.matches ? DARK : LIGHT
}

/** Whether the page is being laid out for paper. */
export function printing(): boolean {
  return isPrinting
}

/** Called whenever the colours change, and before and after the page goes on paper. */
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
