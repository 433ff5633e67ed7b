import { isUtf8 } from 'node:buffer'

/** A malformed record is kept with at most this much of its text. 64 KiB. */
const MOST_RAW_BYTES = 64 * 1024

/** The text of a record that is malformed. Bytes that are not text are shown as `\xHH`; a long one is cut, and says so. */
export function rawText(bytes: Buffer): string {
  if (bytes.length <= MOST_RAW_BYTES) return shownText(bytes)
  let cut = MOST_RAW_BYTES
  while (cut > MOST_RAW_BYTES - 3 && isInsideCharacter(bytes[cut])) cut--
  return `${shownText(bytes.subarray(0, cut))} … (${bytes.length} bytes in all)`
}

/** Whether some bytes of a record are shown as `\\xHH`. */
export function isEscaped(bytes: Buffer): boolean {
  return bytes.includes(0) || !isUtf8(bytes)
}

function shownText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8').replaceAll('\0', '\\x00')
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes, at)
    text += size === 0 ? `\\x${bytes.toString('hex', at, at + 1).toUpperCase()}` : bytes.toString('utf8', at, at + size)
    at += Math.max(1, size)
  }
  return text.replaceAll('\0', '\\x00')
}

/** Bytes of the UTF-8 character at an offset, or 0 when there is none. */
function characterSize(bytes: Buffer, at: number): number {
  for (let size = 1; size <= 4 && at + size <= bytes.length; size++) {
    if (isUtf8(bytes.subarray(at, at + size))) return size
  }
  return 0
}

/** The second to fourth byte of a UTF-8 character. */
function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
