import type { Argv } from 'yargs'
import type { VacuumPlan } from '../../pipeline/maintain/vacuum.ts'
import { type ChangeFlags, changeLake } from '../change-lake.ts'
import { withWaitOption } from '../wait-option.ts'

export const command = 'vacuum'
export const describe = 'take away data files that no kept version needs; older versions can then no longer be read'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .option('keep', {
      type: 'string',
      demandOption: true,
      describe: 'days (30d), or a number of versions (10); the newest always stays',
    })
    .option('yes', { type: 'boolean', alias: 'y', describe: 'do not ask' })
    .option('dry-run', { type: 'boolean', describe: 'list what would go, and do nothing' })

export async function handler(flags: ChangeFlags & { readonly keep: string }): Promise<number> {
  const { parseKeep, planVacuum, vacuum } = await import('../../pipeline/maintain/vacuum.ts')
  const keep = parseKeep(flags.keep)
  return changeLake(flags, {
    plan: (project) => planVacuum(project, keep, new Date()),
    nothing: (plan) =>
      plan.files.length > 0 ? null : `Every data file is needed by versions from ${plan.oldestVersion} on.`,
    describePlan: (plan) => [...plan.files.map((file) => `  ${file.path}`), summary(plan, 'would go')].join('\n'),
    question: 'Take these files away?',
    perform: (project, options) => vacuum(project, keep, options),
    describeDone: (done) => `Done by run ${done.runId}: ${summary(done.plan, 'are gone')}`,
  })
}

function summary({ files, bytes, oldestVersion, newestVersion }: VacuumPlan, fate: string): string {
  const count = `${files.length.toLocaleString('en-US')} data ${files.length === 1 ? 'file' : 'files'}`
  return `${count} (${bytes.toLocaleString('en-US')} bytes) ${fate}; versions ${oldestVersion} to ${newestVersion} can be read.`
}
