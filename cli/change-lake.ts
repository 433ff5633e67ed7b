import type { OpenOptions } from '../control/open-lake.ts'
import type { Project } from '../core/config/load-config.ts'
import { confirm } from './confirm.ts'
import { type GlobalFlags, openOptions, print, projectOf } from './context.ts'
import { stopOnSignal } from './stop-on-signal.ts'
import { type WaitFlags, waitMsOf } from './wait-option.ts'

export interface ChangeFlags extends GlobalFlags, WaitFlags {
  readonly yes?: boolean | undefined
  readonly dryRun?: boolean | undefined
}

/** The steps of a command that changes the lake: tell the plan, ask, do it, tell what was done. */
export interface ChangeSteps<Plan, Done extends { readonly problems: readonly string[] }> {
  readonly plan: (project: Project) => Promise<Plan>
  /** A sentence when there is nothing to do. */
  readonly nothing: (plan: Plan) => string | null
  readonly describePlan: (plan: Plan) => string
  /** Null: go on without asking. */
  readonly question: string | null
  readonly perform: (project: Project, options: OpenOptions) => Promise<Done | null>
  readonly describeDone: (done: Done) => string
}

/** @returns the exit code: 1 when it is done, but something after the commit could not be */
export async function changeLake<Plan, Done extends { readonly problems: readonly string[] }>(
  flags: ChangeFlags,
  steps: ChangeSteps<Plan, Done>,
): Promise<number> {
  const waitMs = waitMsOf(flags)
  const project = projectOf(flags)
  const plan = await steps.plan(project)
  const nothing = steps.nothing(plan)
  if (nothing !== null && !flags.dryRun) await finish(project, waitMs)
  if (nothing !== null || flags.dryRun) {
    print(flags, { dryRun: flags.dryRun === true, plan, done: null }, () => `${nothing ?? steps.describePlan(plan)}\n`)
    return 0
  }
  if (steps.question !== null && !flags.yes) {
    process.stderr.write(`${steps.describePlan(plan)}\n`)
    if (!(await confirm(steps.question))) {
      process.stderr.write('Nothing was changed.\n')
      return 0
    }
  }
  const { terminal, ...options } = openOptions(project)
  const done = await stopOnSignal((stop) => steps.perform(project, { ...options, stop, waitMs })).finally(() =>
    terminal.clearStatus(),
  )
  print(flags, { dryRun: false, plan, done }, () =>
    done === null ? 'Nothing to do.\n' : `${steps.describeDone(done)}\n`,
  )
  for (const problem of done?.problems ?? [])
    process.stderr.write(`could not be done, the next run tries again: ${problem}\n`)
  return done !== null && done.problems.length > 0 ? 1 : 0
}

/** The same command may have been killed after its commit: there is nothing to do then but to finish that. */
async function finish(project: Project, waitMs: number): Promise<void> {
  const { finishLeftover } = await import('../pipeline/maintain/maintain.ts')
  const { terminal, ...options } = openOptions(project)
  await finishLeftover(project, { ...options, waitMs }).finally(() => terminal.clearStatus())
}
