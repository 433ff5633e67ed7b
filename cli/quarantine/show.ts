import { type ShownQuarantine, showQuarantine } from '../../control/quarantine/show-quarantine.ts'
import { print, projectOf } from '../context.ts'
import { formatTable, visible } from '../format-table.ts'
import { rowLimit } from '../row-limit.ts'
import { filterOf, type QuarantineFlags } from './flags.ts'

/** Around the text of a bad cell; on a terminal it is red, too. */
const [OPENING, CLOSING] = ['‹', '›']

/** `droplake quarantine show employees` */
export async function show(flags: QuarantineFlags & { readonly table: string }): Promise<number> {
  const shown = await showQuarantine(projectOf(flags), flags.table, filterOf(flags), rowLimit(flags.limit))
  print(flags, shown, () => (process.stdout.isTTY && !process.env.NO_COLOR ? inColour(format(shown)) : format(shown)))
  return 0
}

function format({ table, columns, total, records }: ShownQuarantine): string {
  if (records.length === 0) return `${total} records of ${table} in quarantine match.\n`
  const hasRaw = records.some((record) => record.raw !== null)
  const rows = records.map(({ file, line, status, values, badColumns, raw, reason }) => [
    `${file}:${line}`,
    status,
    ...columns.map((column) => cell(values[column] ?? '', badColumns.includes(column))),
    ...(hasRaw ? [cell(raw ?? '', raw !== null)] : []),
    reason,
  ])
  const headings = ['record', 'status', ...columns, ...(hasRaw ? ['raw text'] : []), 'reason']
  const more =
    total > records.length
      ? `The first ${records.length} of ${total.toLocaleString('en-US')}; --limit shows more.\n`
      : ''
  return formatTable(headings, rows, { maxWidth: 100 }) + more
}

function cell(text: string, isBad: boolean): string {
  if (!isBad) return text
  if (text === '') return `${OPENING}missing${CLOSING}`
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text
  return `${OPENING}${visible(short)}${CLOSING}`
}

function inColour(text: string): string {
  return text.replace(/‹[^‹›\n]*›/g, (marked) => `\x1b[31m${marked}\x1b[0m`)
}
