import type { Argv } from 'yargs'
import type { CompactionGroup } from '../../pipeline/maintain/compact.ts'
import { type ChangeFlags, changeLake } from '../change-lake.ts'
import { formatTable } from '../format-table.ts'
import { withWaitOption } from '../wait-option.ts'

export const command = 'compact [table]'
export const describe = 'write the many small files of a table as few: same rows, same lineage, a new version'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .positional('table', { type: 'string', describe: 'a table of the DW layer; default: all' })
    .option('dry-run', { type: 'boolean', describe: 'tell what would be done, and do nothing' })

export async function handler(flags: ChangeFlags & { readonly table?: string | undefined }): Promise<number> {
  const { compact, planCompaction } = await import('../../pipeline/maintain/compact.ts')
  const table = flags.table ?? null
  return changeLake(flags, {
    plan: (project) => planCompaction(project, table),
    nothing: (groups) => (groups.length > 0 ? null : 'No table has several small files.'),
    describePlan: formatGroups,
    question: null,
    perform: (project, options) => compact(project, table, options),
    describeDone: (done) =>
      `${formatGroups(done.groups)}Version ${done.version} has the same rows in fewer files (run ${done.runId}).`,
  })
}

function formatGroups(groups: readonly CompactionGroup[]): string {
  const rows = groups.map(({ layer, table, files, rows: count }) => [layer, table, files.length, count])
  return formatTable(['layer', 'table', 'files that become one', 'rows'], rows, { counts: true })
}
