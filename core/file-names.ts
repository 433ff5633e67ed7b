/** Bytes that a name may have in the file systems we know. */
const MOST_NAME_BYTES = 255

/** A file name with something added at its end; a name that would become too long is cut, between characters. */
export function withSuffix(name: string, suffix: string): string {
  const room = MOST_NAME_BYTES - Buffer.byteLength(suffix)
  if (Buffer.byteLength(name) <= room) return name + suffix
  let kept = ''
  let bytes = 0
  for (const character of name) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    kept += character
  }
  return kept + suffix
}
