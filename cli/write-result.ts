import type { Json } from '@duckdb/node-api'
import type { QueryResult } from '../control/query-lake.ts'
import { assertNever } from '../core/errors.ts'
import { jsonRowsOf } from '../core/json-values.ts'
import { type Cell, formatTable } from './format-table.ts'

export type ResultFormat = 'table' | 'csv' | 'json' | 'arrow'

/** Rows that a table on a terminal shows. */
const MOST_TABLE_ROWS = 1000

/** Write a query's result. CSV, JSON and Arrow hold all rows; 64-bit integers that a JavaScript number would round, and decimals, are text in JSON. */
export async function writeResult(
  result: QueryResult,
  format: ResultFormat,
  out: NodeJS.WritableStream,
): Promise<void> {
  switch (format) {
    case 'table':
      return writeTable(result, out)
    case 'csv':
      return writeCsv(result, out)
    case 'json':
      return writeJson(result, out)
    case 'arrow': {
      const { toArrowStream } = await import('./to-arrow.ts')
      return write(out, await toArrowStream(result))
    }
    default:
      return assertNever(format)
  }
}

async function writeTable(result: QueryResult, out: NodeJS.WritableStream): Promise<void> {
  const rows: Cell[][] = []
  let rowCount = 0
  for await (const chunk of rowsOf(result)) {
    rowCount += chunk.length
    rows.push(...chunk.slice(0, MOST_TABLE_ROWS - rows.length).map((row) => row.map(tableCell)))
  }
  const more = rowCount > rows.length ? ` (the first ${rows.length} are shown; --format csv gives all)` : ''
  await write(out, `${formatTable(result.names, rows)}${rowCount} ${rowCount === 1 ? 'row' : 'rows'}${more}\n`)
}

function tableCell(value: Json): Cell {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

async function writeCsv(result: QueryResult, out: NodeJS.WritableStream): Promise<void> {
  await write(out, csvLine([...result.names]))
  for await (const chunk of rowsOf(result)) await write(out, chunk.map(csvLine).join(''))
}

/** RFC 4180, with LF. A missing value is empty, an empty text is `""`. */
function csvLine(values: readonly Json[]): string {
  const fields = values.map((value) => {
    if (value === null) return ''
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${fields.join(',')}\n`
}

async function writeJson(result: QueryResult, out: NodeJS.WritableStream): Promise<void> {
  let separator = '[\n'
  for await (const chunk of rowsOf(result)) {
    const objects = chunk.map(
      (row) => `  ${JSON.stringify(Object.fromEntries(result.names.map((name, index) => [name, row[index]])))}`,
    )
    await write(out, separator + objects.join(',\n'))
    separator = ',\n'
  }
  await write(out, separator === '[\n' ? '[]\n' : '\n]\n')
}

/** Chunks of rows as JSON values. */
async function* rowsOf(result: QueryResult): AsyncGenerator<Json[][]> {
  for await (const chunk of result.chunks) yield jsonRowsOf(chunk, result.types)
}

/** Write, and wait while the reader is slower than we are. */
async function write(out: NodeJS.WritableStream, data: string | Uint8Array): Promise<void> {
  if (!out.write(data)) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve))
}
