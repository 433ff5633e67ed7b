// Renders rows in any dialect that droplake should find out. It shares no code with droplake.
import { gzipSync } from 'node:zlib'
import type { LineEnd } from './csv-writer.ts'

export interface AnyDialect {
  readonly delimiter: ',' | ';' | '\t' | '|'
  readonly quote: '"' | "'"
  readonly escape: 'doubled' | 'backslash'
  readonly quoting: 'needed' | 'always'
  readonly lineEnds: readonly LineEnd[]
  readonly blankLines: readonly number[]
  readonly endsWithLineEnd: boolean
  readonly encoding: 'utf-8' | 'utf-8 with mark' | 'utf-16le' | 'utf-16be' | 'latin1' | 'windows-1252'
  readonly isPacked: boolean
}

export interface AnyFile {
  readonly bytes: Buffer
  /** Of each row, the line on which it begins. */
  readonly lines: readonly number[]
}

export function writeInDialect(
  header: readonly string[] | null,
  rows: readonly (readonly string[])[],
  dialect: AnyDialect,
): AnyFile {
  const records = header === null ? rows : [header, ...rows]
  const lines: number[] = []
  let text = ''
  let line = 1
  let ends = 0
  const endLine = () => {
    const end = dialect.lineEnds[ends++ % dialect.lineEnds.length] ?? '\n'
    // LF below CR would make one CRLF of the two.
    text += end === '\n' && text.endsWith('\r') ? '\r' : end
    line++
  }
  for (const [index, cells] of records.entries()) {
    lines.push(line)
    const record = renderCells(cells, dialect)
    text += record
    line += record.match(/\r\n|\r|\n/g)?.length ?? 0
    if (index === records.length - 1 && !dialect.endsWithLineEnd) break
    endLine()
    const blank = dialect.blankLines[index % dialect.blankLines.length] ?? 0
    for (let count = 0; count < blank; count++) endLine()
  }
  const bytes = encode(text, dialect.encoding)
  return { bytes: dialect.isPacked ? gzipSync(bytes) : bytes, lines: header === null ? lines : lines.slice(1) }
}

function renderCells(cells: readonly string[], dialect: AnyDialect): string {
  if (cells.length === 1 && cells[0] === '') return dialect.quote.repeat(2)
  return cells.map((cell) => renderCell(cell, dialect)).join(dialect.delimiter)
}

function renderCell(cell: string, { delimiter, quote, quoting, ...dialect }: AnyDialect): string {
  const isPlain = ![delimiter, quote, '\r', '\n'].some((special) => cell.includes(special))
  if (isPlain && quoting === 'needed') return cell
  const escaped =
    dialect.escape === 'doubled'
      ? cell.replaceAll(quote, quote + quote)
      : cell.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
  return quote + escaped + quote
}

/** The characters of windows-1252 that Latin-1 does not have, by their bytes. */
const WINDOWS_1252 = new Map<string, number>([
  ['€', 0x80],
  ['„', 0x84],
  ['Š', 0x8a],
  ['“', 0x93],
  ['–', 0x96],
  ['ž', 0x9e],
])

function encode(text: string, encoding: AnyDialect['encoding']): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text)
    case 'utf-8 with mark':
      return Buffer.from(`\uFEFF${text}`)
    case 'utf-16le':
      return Buffer.from(`\uFEFF${text}`, 'utf16le')
    case 'utf-16be':
      return Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()
    default:
      return Buffer.from([...text].map((letter) => WINDOWS_1252.get(letter) ?? letter.charCodeAt(0)))
  }
}
