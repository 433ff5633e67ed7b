import type { Argv } from 'yargs'
import type { RowText, VersionDiff } from '../../control/versions/diff-versions.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { formatTable, visible } from '../format-table.ts'
import { parseVersion } from '../parse-version.ts'

export const command = 'diff <from> <to> <table>'
export const describe = 'rows of a table added, removed and changed between two versions, by primary key'
export const builder = (parser: Argv) =>
  parser
    .positional('from', { type: 'string', demandOption: true, describe: 'number of a version' })
    .positional('to', { type: 'string', demandOption: true, describe: 'number of a version' })
    .positional('table', { type: 'string', demandOption: true, describe: 'a table of the DW layer' })
    .option('examples', { type: 'number', default: 5, describe: 'the most rows of each kind to show' })

interface DiffFlags extends GlobalFlags {
  readonly from: string
  readonly to: string
  readonly table: string
  readonly examples: number
}

export async function handler(flags: DiffFlags): Promise<number> {
  const { diffVersions } = await import('../../control/versions/diff-versions.ts')
  const [from, to] = [parseVersion(flags.from), parseVersion(flags.to)]
  const most = Math.max(0, Math.trunc(flags.examples) || 0)
  const diff = await diffVersions(projectOf(flags), from, to, flags.table, most)
  print(flags, diff, () => formatDiff(diff))
  return 0
}

function formatDiff(diff: VersionDiff): string {
  const { table, from, to, added, removed, changed, examples, primaryKey } = diff
  const count = (number: number) => number.toLocaleString('en-US')
  return [
    `dw.${visible(table)} from version ${from} to ${to}: ${count(added)} added, ${count(removed)} removed, ${count(changed)} changed (by ${primaryKey.map(visible).join(', ')})\n`,
    rowsTable('added', examples.added, added),
    rowsTable('removed', examples.removed, removed),
    changesTable(diff),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function rowsTable(kind: string, rows: readonly RowText[], total: number): string {
  const columns = Object.keys(rows[0] ?? {})
  if (rows.length === 0) return ''
  const table = formatTable(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  )
  return `${kind}${rows.length < total ? `, the first ${rows.length}` : ''}:\n${table}`
}

function changesTable({ examples, changed, primaryKey }: VersionDiff): string {
  if (examples.changed.length === 0) return ''
  const rows = examples.changed.flatMap(({ key, columns }) =>
    Object.entries(columns).map(([column, [before, after]]) => [
      ...primaryKey.map((name) => key[name]),
      column,
      before,
      after,
    ]),
  )
  const shown = examples.changed.length < changed ? `, the first ${examples.changed.length}` : ''
  return `changed${shown}:\n${formatTable([...primaryKey, 'column', 'before', 'after'], rows)}`
}
