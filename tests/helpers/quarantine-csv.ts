// A person with a spreadsheet: reads a CSV of the quarantine, changes cells, and saves it, perhaps with another delimiter.
import type { TempLake } from './temp-lake.ts'

export type CsvRow = Record<string, string>

/** Rows of a CSV whose fields hold no line breaks, quotes doubled. */
export function parseCsv(text: string): CsvRow[] {
  const [header = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => [...`${line},`.matchAll(/("(?:[^"]|"")*"|[^,]*),/g)].map(([, field = '']) => unquoted(field)))
  return rows.map((fields) => Object.fromEntries(header.map((name, index) => [name, fields[index] ?? ''])))
}

export function formatCsv(rows: readonly CsvRow[], delimiter = ','): string {
  const names = Object.keys(rows[0] ?? {})
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))]
  return lines.map((fields) => `${fields.map((field) => quoted(field, delimiter)).join(delimiter)}\r\n`).join('')
}

/** Take a CSV of the inbox, change its rows, and give what a spreadsheet saves. */
export async function correct(
  lake: TempLake,
  csvName: string,
  change: (row: CsvRow, index: number) => CsvRow,
  delimiter?: string,
): Promise<string> {
  const rows = parseCsv(await lake.read('quarantine', csvName.split('.')[0] ?? '', csvName))
  return formatCsv(rows.map(change), delimiter)
}

function unquoted(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field
}

function quoted(field: string, delimiter: string): string {
  return /["\r\n]/.test(field) || field.includes(delimiter) ? `"${field.replaceAll('"', '""')}"` : field
}
