import type { Argv } from 'yargs'
import type { RunDetails } from '../../control/status.ts'
import type { EngineRow } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { type Cell, formatTable } from '../format-table.ts'

export const command = 'runs show <id>'
export const describe = 'show all that the ledger holds of one run'
export const builder = (parser: Argv) =>
  parser.positional('id', { type: 'string', describe: 'number of the run', demandOption: true })

export async function handler(flags: GlobalFlags & { readonly id: string }): Promise<number> {
  const { readRun } = await import('../../control/status.ts')
  if (!/^\d{1,15}$/.test(flags.id))
    throw new DroplakeError('USAGE', `"${flags.id}" is no number of a run; expected one such as 7`, {
      hint: 'List the last runs with: droplake status',
    })
  const details = await readRun(projectOf(flags), Number(flags.id))
  print(flags, details, () => formatRun(details))
  return 0
}

const SHOWN = {
  files: [
    'name',
    'table_name',
    'outcome',
    'records',
    'loaded',
    'updated',
    'quarantined',
    'unchanged',
    'blank',
    'file_id',
    'duplicate_of',
  ],
  steps: ['stage', 'target', 'rows_in', 'rows_out', 'duration_ms'],
  rules: ['records', 'table_name', 'rule', 'example_file', 'example_line'],
  martTests: ['mart_name', 'test', 'failing_rows', 'found', 'example'],
} as const

function formatRun({ run, files, steps, rules, martTests }: RunDetails): string {
  const fields = Object.entries(run).map(([name, value]) => [name.replaceAll('_', ' '), cell(value)])
  const refused = files.filter((file) => file.reason !== null).map((file) => `refused: ${file.name} — ${file.reason}\n`)
  return [
    formatTable(['run', String(run.run_id)], fields.slice(1)),
    rowsTable(SHOWN.files, files) + refused.join(''),
    rowsTable(SHOWN.steps, steps),
    rowsTable(SHOWN.rules, rules),
    rowsTable(SHOWN.martTests, martTests),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function rowsTable(columns: readonly string[], rows: readonly EngineRow[]): string {
  if (rows.length === 0) return ''
  return formatTable(
    columns.map((column) => column.replaceAll('_', ' ')),
    rows.map((row) => columns.map((column) => cell(row[column]))),
  )
}

function cell(value: unknown): Cell {
  return value instanceof Date ? `${value.toISOString().slice(0, 19).replace('T', ' ')} UTC` : (value as Cell)
}
