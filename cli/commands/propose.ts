import type { Argv } from 'yargs'
import type { Proposal } from '../../pipeline/propose/index.ts'
import { type GlobalFlags, projectOf } from '../context.ts'
import { formatTable, visible } from '../format-table.ts'

export const command = 'propose <file>'
export const describe = 'a contract for an unknown file, as JSON to paste into "tables"'
export const builder = (parser: Argv) =>
  parser
    .positional('file', { type: 'string', demandOption: true, describe: 'CSV or JSON lines, plain or packed' })
    .option('table', { type: 'string', describe: 'name of the table; default: from the name of the file' })
    .option('header', { type: 'boolean', describe: 'the first record names the columns; default: found out' })

interface ProposeFlags extends GlobalFlags {
  readonly file: string
  readonly table?: string | undefined
  readonly header?: boolean | undefined
}

/** The contract goes to stdout, what speaks for it to stderr; with --json both are one document on stdout. */
export async function handler(flags: ProposeFlags): Promise<number> {
  const { propose } = await import('../../pipeline/propose/index.ts')
  const { file, table = null, header } = flags
  const proposal = await propose(projectOf(flags), { path: file, tableName: table, hasHeader: header })
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(proposal, null, 2)}\n`)
    return 0
  }
  process.stderr.write(formatEvidence(proposal))
  process.stdout.write(`${JSON.stringify({ [proposal.table]: proposal.contract }, null, 2)}\n`)
  return 0
}

function formatEvidence({ records, sample, columns, keys, references, expected, notes }: Proposal): string {
  const columnRows = columns.map((column) => [
    column.column,
    column.type,
    percent(column.typeShare),
    percent(column.givenShare),
    column.distinct,
    column.least === null ? '' : `${column.least} … ${column.greatest}`,
    column.others.map((value) => JSON.stringify(value)).join(' '),
  ])
  const headings = ['column', 'type', 'so written', 'given', 'different', 'range', 'written otherwise']
  const [key] = keys
  const count = (number: number) => number.toLocaleString('en-US')
  return [
    `Read ${count(records)} records, ${sample}.\n`,
    formatTable(headings, columnRows, { counts: true, maxWidth: 45 }),
    ...(key === undefined
      ? []
      : [`key: ${key.columns.map(visible).join(', ')} (${percent(key.share)} of records have their own)\n`]),
    references
      .filter(({ isNamed }) => isNamed)
      .map(
        ({ column, table, share }) =>
          `reference: ${visible(column)} to ${visible(table)} (${percent(share)} of values are there)\n`,
      )
      .join(''),
    expected.length === 0
      ? 'By this contract every record read is good.\n'
      : formatTable(
          ['records', 'would break'],
          expected.map(({ rule, records: broken }) => [broken, rule]),
          { counts: true },
        ),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${visible(note)}\n`).join('')]),
    '',
  ]
    .filter((part, index, all) => part !== '' || index === all.length - 1)
    .join('\n')
}

function percent(share: number): string {
  const rounded = Math.floor(share * 1000) / 10
  return `${share > 0 && rounded === 0 ? '< 0.1' : rounded} %`
}
