import { basename } from 'node:path'

/** What a field of a file is called in the contract; null when a column cannot have its name: it is kept in `_extra`. */
export type ColumnName = string | null

/**
 * Names for the columns of a header, such that a header so written is known again: in small letters and with `_` for spaces, where
 * that makes no two alike.
 */
export function columnNames(header: readonly string[]): ColumnName[] {
  const plain = header.map((field) =>
    field
      .trim()
      .toLowerCase()
      .replace(/[\s_-]+/g, '_'),
  )
  const isAlone = (name: string) => plain.filter((other) => other === name).length === 1
  const taken = new Set<string>()
  return header.map((field, index) => {
    const name = plain[index] ?? ''
    const chosen = isAlone(name) ? name : field.trim()
    if (!isColumnName(chosen) || taken.has(chosen.toLowerCase())) return null
    taken.add(chosen.toLowerCase())
    return chosen
  })
}

/** Of a file without header: `column_1`, `column_2`. */
export function numberedColumns(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `column_${index + 1}`)
}

/** `Hired Employees 2021-03.csv.gz`: table `hired_employees`, files `Hired Employees*.csv`. */
export function tableNameOf(path: string): { readonly name: string; readonly pattern: string } {
  const file = basename(path).replace(/\.(gz|zst)$/i, '')
  const ending = /\.[^.]*$/.exec(file)?.[0] ?? ''
  const stem = file.slice(0, file.length - ending.length)
  const root = stem.replace(/[\s._-]*(\d[\d\s._-]*)?(\(\d+\))?$/, '') || stem
  const name = root
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
  const safe = root.replace(/[*?]/g, '?')
  return { name: name === '' || name === 'files' ? 'table_1' : name, pattern: `${safe}*${ending}` }
}

function isColumnName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const isSafe = name !== '' && Buffer.byteLength(name) <= 100 && !/[/\\\x00-\x1f]/.test(name) && !/^[._]/.test(name)
  return isSafe && name.toLowerCase() !== 'file_row_number'
}
