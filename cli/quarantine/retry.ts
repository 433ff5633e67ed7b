import { requireTable } from '../../control/quarantine/open-quarantine.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { openOptions, print, projectOf } from '../context.ts'
import { formatSummary } from '../format-summary.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { waitMsOf } from '../wait-option.ts'
import type { QuarantineFlags } from './flags.ts'

/** `droplake quarantine retry employees --rule max_length:employee_name` */
export async function retry(flags: QuarantineFlags & { readonly table?: string | undefined }): Promise<number> {
  const waitMs = waitMsOf(flags)
  const project = projectOf(flags)
  if (flags.table !== undefined) requireTable(project, flags.table)
  const { terminal, ...options } = openOptions(project)
  const request = {
    command: ['quarantine retry', flags.table, flags.rule].filter(Boolean).join(' '),
    takesUploads: false,
    retry: { tableName: flags.table ?? null, rule: flags.rule ?? null },
    isDryRun: flags.dryRun === true,
  }
  const summary = await stopOnSignal((stop) => runPipeline(project, { ...options, stop, waitMs }, request)).finally(
    () => terminal.clearStatus(),
  )
  print(flags, summary, () => formatSummary(summary, process.cwd()))
  return summary.problems.length > 0 ? 1 : 0
}
