import stringWidth from 'string-width'

export type Cell = string | number | boolean | null | undefined

/** Rows under headings, numbers to the right; columns as wide as their widest cell, at most `maxWidth` characters. */
export function formatTable(headings: readonly string[], rows: readonly (readonly Cell[])[], maxWidth = 60): string {
  const texts = [headings, ...rows.map((row) => row.map((cell) => shorten(cellText(cell), maxWidth)))]
  const widths = headings.map((_, column) => Math.max(...texts.map((row) => stringWidth(row[column] ?? ''))))
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

/** Thousands apart, and nothing a terminal would obey: control characters are shown as escapes. */
function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'number' && Number.isSafeInteger(cell)) return cell.toLocaleString('en-US')
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

function shorten(text: string, maxWidth: number): string {
  return stringWidth(text) <= maxWidth ? text : `${text.slice(0, maxWidth - 1)}…`
}

function pad(text: string, width: number, toRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return toRight ? space + text : text + space
}
