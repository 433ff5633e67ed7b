import { CR, LF, MAX_RECORD_BYTES } from '../csv/record-format.ts'
import { ReadWindow } from '../text/read-window.ts'

/** Called for each line that is not blank; its bytes are `bytes[start, end)`, only until the call returns. */
export type LineVisitor = (bytes: Buffer, start: number, end: number, line: number, isTooLong: boolean) => void

/**
 * Read a file line by line (LF, CRLF or CR), in bounded memory. A line longer than 16 MiB is visited once, with its first
 * part.
 *
 * @returns the number of blank lines
 */
export async function scanLines(
  path: string,
  from: number,
  visit: LineVisitor,
  onBytes: (doneBytes: number) => void,
): Promise<number> {
  const window = await ReadWindow.open(path, from)
  const lines = new LineScan(visit)
  try {
    while (await window.fill()) {
      window.consume(lines.scan(window.bytes, window.length, window.isLast))
      onBytes(window.doneBytes)
    }
  } finally {
    await window.close()
  }
  return lines.blank
}

class LineScan {
  readonly #visit: LineVisitor
  #line = 1
  #isSkipping = false
  blank = 0

  constructor(visit: LineVisitor) {
    this.#visit = visit
  }

  /** Visit all whole lines of a window; returns the bytes consumed. */
  scan(bytes: Buffer, length: number, isLast: boolean): number {
    let start = 0
    while (start < length) {
      const end = lineEnd(bytes, start, length)
      const isWhole = end < length && (bytes[end] === LF || end + 1 < length || isLast)
      if (!isWhole && !isLast) return this.#partOfLine(bytes, start, length)
      this.#endLine(bytes, start, end)
      start = end + (bytes[end] === CR && bytes[end + 1] === LF && end + 1 < length ? 2 : 1)
    }
    return Math.min(start, length)
  }

  #endLine(bytes: Buffer, start: number, end: number): void {
    if (this.#isSkipping) this.#isSkipping = false
    else if (isBlank(bytes, start, end)) this.blank++
    else this.#visit(bytes, start, end, this.#line, end - start > MAX_RECORD_BYTES)
    this.#line++
  }

  /** What is there of a line whose end is not in sight; returns the bytes that are not needed any more. */
  #partOfLine(bytes: Buffer, start: number, length: number): number {
    if (this.#isSkipping) return bytes[length - 1] === CR ? length - 1 : length
    if (length - start <= MAX_RECORD_BYTES + 1) return start
    this.#visit(bytes, start, length, this.#line, true)
    this.#isSkipping = true
    return bytes[length - 1] === CR ? length - 1 : length
  }
}

function lineEnd(bytes: Buffer, start: number, length: number): number {
  let at = start
  while (at < length && bytes[at] !== LF && bytes[at] !== CR) at++
  return at
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 32 && bytes[at] !== 9) return false
  return true
}
