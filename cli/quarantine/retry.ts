import { requireTable } from '../../core/config/require-table.ts'
import { planRun } from '../../pipeline/plan/index.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { formatReleased } from '../commands/plan.ts'
import { openOptions, print, projectOf } from '../context.ts'
import { formatSummary } from '../format-summary.ts'
import { exitCodeOf } from '../run-exit-code.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { waitMsOf } from '../wait-option.ts'
import type { QuarantineFlags } from './flags.ts'

/** `droplake quarantine retry employees --rule max_length:employee_name` */
export async function retry(flags: QuarantineFlags & { readonly table?: string | undefined }): Promise<number> {
  const waitMs = waitMsOf(flags)
  const project = projectOf(flags)
  if (flags.table !== undefined) requireTable(project, flags.table)
  const request = {
    command: ['quarantine retry', flags.table, flags.rule].filter(Boolean).join(' '),
    takesUploads: false,
    retry: { tableName: flags.table ?? null, rule: flags.rule ?? null },
  }
  const { terminal, ...options } = openOptions(project)
  const clear = () => terminal.clearStatus()
  if (flags.dryRun) {
    const plan = await stopOnSignal((stop) => planRun(project, { ...options, stop }, request)).finally(clear)
    const tried = plan.tables.filter(({ released, stillQuarantined }) => released + stillQuarantined > 0)
    print(flags, plan, () => (tried.length === 0 ? NOTHING : tried.map(formatReleased).join('')))
    return 0
  }
  const summary = await stopOnSignal((stop) => runPipeline(project, { ...options, stop, waitMs }, request)).finally(
    clear,
  )
  print(flags, summary, () => formatSummary(summary, process.cwd()))
  return exitCodeOf(summary)
}

const NOTHING = 'No open record of the quarantine matches.\n'
