import type { Argv } from 'yargs'
import type { TraceReport, TraceRow } from '../../pipeline/trace/index.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { type Cell, formatTable, visible } from '../format-table.ts'
import { rowLimit } from '../row-limit.ts'

export const command = 'trace <name> [key..]'
export const describe = 'from a row of a table or a mart to the files and lines behind it'
export const builder = (parser: Argv) =>
  parser
    .positional('name', { type: 'string', demandOption: true, describe: 'a table or mart: orders, app.revenue' })
    .positional('key', { type: 'string', array: true, describe: "values of the table's primary key, in its order" })
    .option('where', { type: 'string', describe: 'a condition of the rows: "department = \'Sales\'"' })
    .option('column', { type: 'string', describe: 'of a mart: only the rows that this number is made of' })
    .option('limit', { type: 'number', describe: 'the most rows of each table; default: 20, with --json all' })

interface TraceFlags extends GlobalFlags {
  readonly name: string
  readonly key?: readonly string[] | undefined
  readonly where?: string | undefined
  readonly column?: string | undefined
  readonly limit?: number | undefined
}

/** Rows of each table that a terminal shows unless it is told. */
const MOST_SHOWN = 20

export async function handler(flags: TraceFlags): Promise<number> {
  const { trace } = await import('../../pipeline/trace/index.ts')
  const { name, key = [], where = null, column = null } = flags
  const limit = flags.limit ?? (flags.json ? Number.MAX_SAFE_INTEGER : MOST_SHOWN)
  const request = { target: name, key, where, column, limit: rowLimit(limit) }
  const report = await trace(projectOf(flags), request)
  print(flags, report, () => formatTrace(report, column))
  return 0
}

/** Characters of a record's text that a terminal shows; `--json` has all. */
const MOST_RAW = 100

function formatTrace({ target, asked, sources, rows }: TraceReport, column: string | null): string {
  if (sources.length === 0)
    return `${visible(target)}: ${asked === 0 ? 'no such row' : 'no row of a table behind it'}.\n`
  const counts = sources.map(({ table, rows: count }) => `${count.toLocaleString('en-US')} of ${visible(table)}`)
  const what = `${asked.toLocaleString('en-US')} ${asked === 1 ? 'row' : 'rows'}`
  const heading = target.startsWith('app.')
    ? `${visible(target)}${column === null ? '' : `, ${visible(column)}`}: ${what}, made of ${counts.join(', ')}\n`
    : asked > 0
      ? `${visible(target)}: ${what}\n`
      : `${visible(target)}: no such row, but in quarantine:\n`
  const tables = sources.map(({ table, rows: total }) =>
    rowsTable(
      rows.filter((row) => row.table === table),
      total,
    ),
  )
  return [heading, ...tables].join('\n')
}

function rowsTable(rows: readonly TraceRow[], total: number): string {
  const isRefused = rows.some((row) => row.reason !== undefined)
  const cells = rows.flatMap((row) => [
    [`${row.file}:${row.line}`, row.runId, row.raw, ...(isRefused ? [row.reason] : [])],
    ...laterLines(row).map((line) => [...line, ...(isRefused ? [''] : [])]),
  ])
  const headings = [rows[0]?.table ?? '', 'run', 'record', ...(isRefused ? ['reason'] : [])]
  const more = rows.length < total ? `and ${(total - rows.length).toLocaleString('en-US')} more; see --limit\n` : ''
  return formatTable(headings, cells, { maxWidth: MOST_RAW }) + more
}

/** What happened to a record since it came: lines below its own. */
function laterLines({ correction, waitedSince }: TraceRow): Cell[][] {
  return [
    ...(correction === undefined
      ? []
      : [[`  corrected by ${correction.file}:${correction.line}`, correction.runId, correction.raw]]),
    ...(waitedSince === undefined ? [] : [[`  waited since ${waitedSince}`, null, '']]),
  ]
}
