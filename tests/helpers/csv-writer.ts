// A second opinion on CSV: it shares no code with droplake, so that a test which reads back what it wrote means something.

export type LineEnd = '\n' | '\r\n' | '\r'

/**
 * `needed`: quotes where RFC 4180 wants them. `always`: around each cell. `loose`: as `needed`, but a quote inside a cell
 * stays bare (`5" pipe`), as many programs write it.
 */
export type Quoting = 'needed' | 'always' | 'loose'

export interface Layout {
  readonly hasByteOrderMark: boolean
  /** The header's fields as they are to be written; null for none. */
  readonly header: readonly string[] | null
  readonly quoting: Quoting
  /** Taken in turn, one for each line end that is needed. */
  readonly lineEnds: readonly LineEnd[]
  /** Taken in turn: blank lines at the top, behind the header, and behind each record. */
  readonly blankLines: readonly number[]
  readonly endsWithLineEnd: boolean
}

export interface WrittenRecord {
  readonly cells: readonly string[]
  /** Bytes `[start, end)` of the file, without the line end. */
  readonly start: number
  readonly end: number
  readonly line: number
}

export interface WrittenFile {
  readonly bytes: Buffer
  readonly records: readonly WrittenRecord[]
  /** Where the records begin: behind the byte order mark, and behind the header where there is one. */
  readonly bodyOffset: number
  readonly bodyLine: number
  /** Blank lines in all, and those before the header. */
  readonly blankLines: number
  readonly leadingBlankLines: number
}

/** Render rows of text as CSV; every choice comes from `layout`. */
export function writeCsv(rows: readonly (readonly string[])[], layout: Layout): WrittenFile {
  let text = ''
  let blankLines = 0
  let [endsTaken, blanksTaken] = [0, 0]
  const lineNumber = () => (text.match(/\r\n|\r|\n/g)?.length ?? 0) + 1
  const byteOffset = () => (layout.hasByteOrderMark ? 3 : 0) + Buffer.byteLength(text)
  const endLine = () => {
    const end = layout.lineEnds[endsTaken++ % layout.lineEnds.length] ?? '\n'
    // A blank line that ends with LF below a line that ends with CR would be no line: the two make one CRLF.
    text += end === '\n' && text.endsWith('\r') ? '\r' : end
  }
  const addBlankLines = () => {
    const count = layout.blankLines[blanksTaken++ % layout.blankLines.length] ?? 0
    for (let index = 0; index < count; index++) endLine()
    blankLines += count
    return count
  }

  const leadingBlankLines = addBlankLines()
  let [bodyOffset, bodyLine] = [layout.hasByteOrderMark ? 3 : 0, 1]
  if (layout.header !== null) {
    text += renderRecord(layout.header, layout.quoting)
    if (rows.length > 0 || layout.endsWithLineEnd) endLine()
    bodyOffset = byteOffset()
    bodyLine = lineNumber()
    if (rows.length > 0 || layout.endsWithLineEnd) addBlankLines()
  }
  const records = rows.map((cells, index) => {
    const [start, line] = [byteOffset(), lineNumber()]
    text += renderRecord(cells, layout.quoting)
    const end = byteOffset()
    if (index < rows.length - 1 || layout.endsWithLineEnd) {
      endLine()
      addBlankLines()
    }
    return { cells, start, end, line }
  })
  const bytes = Buffer.from(layout.hasByteOrderMark ? `\uFEFF${text}` : text)
  return { bytes, records, bodyOffset, bodyLine, blankLines, leadingBlankLines }
}

function renderRecord(cells: readonly string[], quoting: Quoting): string {
  // An empty cell that stands alone would be a blank line.
  const [only] = cells
  if (cells.length === 1 && only === '') return '""'
  return cells.map((cell) => renderCell(cell, quoting)).join(',')
}

function renderCell(cell: string, quoting: Quoting): string {
  const mustBeQuoted = quoting === 'loose' ? /[,\r\n]|^"/.test(cell) : /[",\r\n]/.test(cell)
  return mustBeQuoted || quoting === 'always' ? `"${cell.replaceAll('"', '""')}"` : cell
}
