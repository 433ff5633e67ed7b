import { listQuarantine, type TableQuarantine } from '../../control/quarantine/list-quarantine.ts'
import { requireTable } from '../../core/config/require-table.ts'
import { print, projectOf } from '../context.ts'
import { formatTable } from '../format-table.ts'
import type { QuarantineFlags } from './flags.ts'

/** `droplake quarantine` */
export async function list(flags: QuarantineFlags & { readonly table?: string | undefined }): Promise<number> {
  const project = projectOf(flags)
  if (flags.table !== undefined) requireTable(project, flags.table)
  const all = await listQuarantine(project)
  const tables = flags.table === undefined ? all : all.filter(({ table }) => table === flags.table)
  print(flags, { tables }, () => format(tables))
  return 0
}

function format(tables: readonly TableQuarantine[]): string {
  if (tables.length === 0) return 'Nothing is in quarantine.\n'
  const rows = tables.flatMap(({ table, rules }) =>
    rules.map(({ rule, open, waiting, oldest, example }) => [
      table,
      rule,
      open,
      waiting,
      oldest?.slice(0, 16).replace('T', ' ') ?? '',
      `${example.file}:${example.line}`,
      example.reason,
    ]),
  )
  const sums = tables.map(
    ({ table, open, waiting }) =>
      `${table}: ${open.toLocaleString('en-US')} open${waiting > 0 ? `, ${waiting.toLocaleString('en-US')} waiting` : ''}`,
  )
  return `${formatTable(['table', 'broken rule', 'open', 'waiting', 'oldest (UTC)', 'for example', 'reason'], rows, { counts: true, maxWidth: 70 })}
${sums.join('; ')}. A record that breaks several rules counts for each.
Look at them: droplake quarantine show <table>. To mend them: correct the CSVs in quarantine/<table>/ and drop them into uploads.
`
}
