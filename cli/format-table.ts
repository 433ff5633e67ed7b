import stringWidth from 'string-width'

export type Cell = string | number | boolean | null | undefined

export interface TableOptions {
  /** Characters that a cell may have at most. Default: 60 */
  readonly maxWidth?: number
  /** Show numbers as counts, `1,929`. Never for data: a key is no count. */
  readonly counts?: boolean
}

/** Rows under headings, numbers to the right, columns as wide as their widest cell. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  { maxWidth = 60, counts = false }: TableOptions = {},
): string {
  const texts = [headings, ...rows.map((row) => row.map((cell) => shorten(cellText(cell, counts), maxWidth)))]
  const widths = headings.map((_, column) => Math.max(...texts.map((row) => widthOf(row[column] ?? ''))))
  const isNumeric = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] == null),
  )
  const lines = texts.map((row) =>
    row
      .map((text, column) => pad(text, widths[column] ?? 0, isNumeric[column] ?? false))
      .join('  ')
      .trimEnd(),
  )
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return `${lines.join('\n')}\n`
}

/** Nothing a terminal would obey: control characters are shown as escapes. */
function cellText(cell: Cell, counts: boolean): string {
  if (cell === null || cell === undefined) return ''
  if (counts && typeof cell === 'number') return cell.toLocaleString('en-US')
  return visible(String(cell))
}

/** Text with its control characters shown, not sent: data must not drive a terminal. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[\x7f-\x9f]$/, '?'),
  )
}

/** Columns of a terminal; most texts are plain ASCII, and need not be looked at character by character. */
function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)
}

function shorten(text: string, maxWidth: number): string {
  return widthOf(text) <= maxWidth ? text : `${text.slice(0, maxWidth - 1)}…`
}

function pad(text: string, width: number, toRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return toRight ? space + text : text + space
}
