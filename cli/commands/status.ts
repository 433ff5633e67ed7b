import type { Argv } from 'yargs'
import type { LakeStatus } from '../../control/status.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { type Cell, formatTable, visible } from '../format-table.ts'

export const command = 'status'
export const describe = 'show the last runs, the tables, and what waits in uploads and in quarantine'
export const builder = (parser: Argv) => parser

export async function handler(flags: GlobalFlags): Promise<number> {
  const { readStatus } = await import('../../control/status.ts')
  const status = await readStatus(projectOf(flags))
  print(flags, status, () => formatStatus(status))
  return 0
}

const RUN_COLUMNS = [
  'run_id',
  'status',
  'version',
  'started_at',
  'files',
  'records',
  'loaded',
  'updated',
  'quarantined',
  'unchanged',
  'refused',
] as const

function formatStatus(status: LakeStatus): string {
  const runs = status.runs.map((run) => RUN_COLUMNS.map((column) => runCell(run[column])))
  const tables = status.tables.map((table) => [`dw.${table.table}`, table.rows, table.quarantined])
  const marts = status.marts.map((mart) => [`app.${mart.mart}`, mart.rows])
  return [
    `${status.lake}: version ${status.version}\n`,
    runs.length === 0
      ? 'No run yet.\n'
      : formatTable(
          RUN_COLUMNS.map((column) => column.replace('_', ' ')),
          runs,
        ),
    ...(tables.length === 0 ? [] : [formatTable(['table', 'rows', 'in quarantine'], tables, { counts: true })]),
    ...(marts.length === 0 ? [] : [formatTable(['mart', 'rows'], marts, { counts: true })]),
    ...status.marts.flatMap(({ mart, heldBack }) => (heldBack === null ? [] : [`app.${mart}: ${visible(heldBack)}\n`])),
    `${nameList('waiting in uploads', status.uploads)}${nameList('refused files in quarantine', status.refusedFiles)}`,
  ].join('\n')
}

function runCell(value: unknown): Cell {
  return value instanceof Date ? value.toISOString().slice(0, 19).replace('T', ' ') : (value as Cell)
}

function nameList(what: string, names: readonly string[]): string {
  const shown = names.slice(0, 5).map(visible).join(', ')
  const more = names.length > 5 ? `, and ${names.length - 5} more` : ''
  return `${what}: ${names.length === 0 ? 'none' : `${names.length} (${shown}${more})`}\n`
}
