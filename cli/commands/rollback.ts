import type { Argv } from 'yargs'
import type { RollbackPlan } from '../../pipeline/maintain/rollback.ts'
import { type ChangeFlags, changeLake } from '../change-lake.ts'
import { visible } from '../format-table.ts'
import { parseVersion } from '../parse-version.ts'
import { withWaitOption } from '../wait-option.ts'

export const command = 'rollback <to>'
export const describe =
  'give the lake the content of an older version, as a new one; uploads since can be dropped again'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .positional('to', {
      type: 'string',
      demandOption: true,
      describe: 'number of a version; see droplake history',
    })
    .option('yes', { type: 'boolean', alias: 'y', describe: 'do not ask' })
    .option('dry-run', { type: 'boolean', describe: 'tell what would be done, and do nothing' })

export async function handler(flags: ChangeFlags & { readonly to: string }): Promise<number> {
  const { planRollback, rollback } = await import('../../pipeline/maintain/rollback.ts')
  const version = parseVersion(flags.to)
  return changeLake(flags, {
    plan: (project) => planRollback(project, version),
    nothing: ({ removed, added }) =>
      removed.length + added.length > 0 ? null : `The lake has the content of version ${version} already.`,
    describePlan,
    question: `Roll back to version ${version}?`,
    perform: (project, options) => rollback(project, version, options),
    describeDone: (done) =>
      `Rolled back: version ${done.version} has the content of version ${version} (run ${done.runId}).${uploadsText(done.plan)}`,
  })
}

function describePlan(plan: RollbackPlan): string {
  return [
    `From version ${plan.from} to the content of version ${plan.to}, as version ${plan.from + 1}:`,
    `  runs undone: ${plan.undone.join(', ') || 'none'}`,
    ...(plan.redone.length === 0 ? [] : [`  runs that count again: ${plan.redone.join(', ')}`]),
    `  data files: ${plan.removed.length} go out of it, ${plan.added.length} come back (all stay on disk)`,
    `  uploads whose content is no duplicate any more: ${plan.uploads.length}`,
  ].join('\n')
}

function uploadsText({ uploads }: RollbackPlan): string {
  if (uploads.length === 0) return ''
  const names = uploads.slice(0, 5).map((upload) => visible(upload.name))
  const more = uploads.length > 5 ? ` and ${uploads.length - 5} more` : ''
  return `\nThese can be dropped again: ${names.join(', ')}${more}`
}
