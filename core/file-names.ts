import { createHash } from 'node:crypto'
import { parse } from 'node:path'

/** Bytes that a name may have in the file systems we know. */
const MOST_NAME_BYTES = 255

/**
 * A file name with something added at its end. A name that would become too long is cut, between characters, and gets a
 * mark made from the whole name, so that two long names stay two.
 */
export function withSuffix(name: string, suffix: string): string {
  if (Buffer.byteLength(name + suffix) <= MOST_NAME_BYTES) return name + suffix
  const ending = `~${createHash('sha256').update(name).digest('hex').slice(0, 8)}${suffix}`
  const room = MOST_NAME_BYTES - Buffer.byteLength(ending)
  let kept = ''
  let bytes = 0
  for (const character of name) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    kept += character
  }
  return kept + ending
}

/** `a.csv` for 1, else `a.2.csv`, `a.3.csv`, … */
export function numberedName(name: string, number: number): string {
  const { name: stem, ext } = parse(name)
  return number === 1 ? name : withSuffix(stem, `.${number}${ext}`)
}
