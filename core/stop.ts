import { constants } from 'node:os'
import type { Engine } from './engine.ts'
import { DroplakeError } from './errors.ts'

export type StopSignalName = 'SIGINT' | 'SIGTERM'

/** Time between two interrupts of the engine: one that comes between two statements has no effect, so it is repeated. */
const INTERRUPT_EVERY_MS = 50

/** The error of a run that someone stopped before its commit. Ends with 130 for SIGINT, 143 for SIGTERM, as shells say it. */
export function stoppedBy(signal: StopSignalName): DroplakeError {
  return new DroplakeError(
    'RUN_STOPPED',
    `${signal} stopped the run before its commit: nothing was committed, uploads stay where they are`,
    { details: { signal, committedVersion: null }, exitCode: exitCodeOf(signal), hint: 'droplake run' },
  )
}

/** The error of a run that someone stopped after its commit. */
export function stoppedAfterCommit(stopped: DroplakeError, runId: number, version: number): DroplakeError {
  const { signal } = stopped.details as { signal: StopSignalName }
  return new DroplakeError(
    'RUN_STOPPED',
    `${signal} stopped run ${runId} after its commit: version ${version} is complete and stays; uploads that are not moved yet, and CSVs that are not written yet, are left to the next run`,
    { details: { signal, committedVersion: version }, exitCode: stopped.exitCode, hint: 'droplake run' },
  )
}

/** The exit code that shells give a process which a signal ended. */
export function exitCodeOf(signal: StopSignalName): number {
  return 128 + constants.signals[signal]
}

/** True for the error with which a stopped run ends. */
export function isStopped(thrown: unknown): boolean {
  return thrown instanceof DroplakeError && thrown.code === 'RUN_STOPPED'
}

/**
 * Do work that a stop request may cut short, also in the middle of a statement of the engine. Before and after it,
 * statements run to their end: a commit that has begun is made, and a stopped run can still be noted in the ledger.
 *
 * @param stop its reason is the error to end with
 * @throws the reason, once the stop is asked for: the last time when `work` is done
 */
export async function untilStopped<Result>(
  stop: AbortSignal,
  engine: Engine,
  work: () => Promise<Result>,
): Promise<Result> {
  stop.throwIfAborted()
  let timer: NodeJS.Timeout | undefined
  const interrupt = () => {
    engine.interrupt()
    timer = setInterval(() => engine.interrupt(), INTERRUPT_EVERY_MS)
  }
  stop.addEventListener('abort', interrupt, { once: true })
  try {
    return await work()
  } finally {
    stop.removeEventListener('abort', interrupt)
    clearInterval(timer)
    // What an interrupted statement says of itself is of no use to anyone.
    stop.throwIfAborted()
  }
}
