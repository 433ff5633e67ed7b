/** Characters that turn the direction of the text around them: U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
const TURNS_DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g

/** A text of data as a short label: one line, at most so many characters, and it turns no neighbour around. */
export function shortLabel(text: string, most: number): string {
  const characters = [
    ...text
      .slice(0, 4 * most)
      .replace(CONTROL, ' ')
      .replace(TURNS_DIRECTION, ''),
  ]
  const isWhole = characters.length <= most && text.length <= 4 * most
  return isWhole ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}

const WORD_JOINER = '\u2060'

/**
 * A text of data that ECharts may be given to draw. It keeps texts as keys of plain objects: one that says `__proto__` or
 * `constructor` would write into the prototype of all objects of the process (seen on ZRender 6.1.0). An invisible
 * character makes it an ordinary key.
 */
export function drawnLabel(text: string, most: number): string {
  const label = shortLabel(text, most)
  return label in Object.prototype ? `${WORD_JOINER}${label}` : label
}

/** About how wide a text of 12 pixels is drawn, in pixels; rather too wide, since fonts differ. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += character > '\u2e7f' ? 12.5 : 7.3
  return width
}
