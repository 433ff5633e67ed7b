import type { Argv } from 'yargs'
import type { RepairReport } from '../../pipeline/maintain/repair/index.ts'
import { type GlobalFlags, openOptions, print, projectOf } from '../context.ts'
import { visible } from '../format-table.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { type WaitFlags, waitMsOf, withWaitOption } from '../wait-option.ts'

export const command = 'repair'
export const describe =
  'make again what verify --deep finds damaged, where that can be done exactly; quarantine rows that break a rule'
export const builder = (parser: Argv) =>
  withWaitOption(parser).option('dry-run', { type: 'boolean', describe: 'tell what would be done, and do nothing' })

/** Exit code 1 says that something could not be made good. */
export async function handler(
  flags: GlobalFlags & WaitFlags & { readonly dryRun?: boolean | undefined },
): Promise<number> {
  const { planRepair, repair } = await import('../../pipeline/maintain/repair/index.ts')
  const waitMs = waitMsOf(flags)
  const project = projectOf(flags)
  const report = flags.dryRun ? await planRepair(project) : await perform()
  print(flags, report, () => formatReport(report))
  return report.unrepaired.length + report.problems.length === 0 ? 0 : 1

  async function perform(): Promise<RepairReport> {
    const { terminal, ...options } = openOptions(project)
    return stopOnSignal((stop) => repair(project, { ...options, stop, waitMs })).finally(() => terminal.clearStatus())
  }
}

function formatReport({ dryRun, steps, unrepaired, problems, runId }: RepairReport): string {
  if (steps.length + unrepaired.length === 0) return 'Nothing to repair.\n'
  return [
    ...steps.map(({ file, what }) => `${dryRun ? 'would repair' : 'repaired'} ${file}: ${what}`),
    ...unrepaired.map(({ file, why }) => `NOT repaired ${file}: ${why}`),
    ...problems.map((problem) => `could not be done, the next run tries again: ${problem}`),
    ...(dryRun || runId === null ? [] : [`Run ${runId}. Look again: droplake verify --deep`]),
  ]
    .map((line) => `${visible(line)}\n`)
    .join('')
}
