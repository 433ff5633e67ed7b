import type { Argv } from 'yargs'
import { type GlobalFlags, openOptions, print, projectOf } from '../context.ts'
import { formatSummary } from '../format-summary.ts'
import { exitCodeOf } from '../run-exit-code.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { type WaitFlags, waitMsOf, withWaitOption } from '../wait-option.ts'

export const command = 'run'
export const describe = 'take what lies in uploads through ODS, DW and APP'
export const builder = (parser: Argv) => withWaitOption(parser)

/**
 * Exit code 3 says that the run is done, and that a file was refused or a mart held back; 1, that it is committed, and something after that
 * could not be done; 130 and 143, that SIGINT or SIGTERM stopped it.
 */
export async function handler(flags: GlobalFlags & WaitFlags): Promise<number> {
  const waitMs = waitMsOf(flags)
  const { runPipeline } = await import('../../pipeline/run.ts')
  const project = projectOf(flags)
  const { terminal, ...options } = openOptions(project)
  const summary = await stopOnSignal((stop) => runPipeline(project, { ...options, stop, waitMs })).finally(() =>
    terminal.clearStatus(),
  )
  print(flags, summary, () => formatSummary(summary, process.cwd()))
  return exitCodeOf(summary)
}
