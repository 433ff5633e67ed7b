import { writeSync } from 'node:fs'
import { type StopSignalName, stoppedBy } from '../core/stop.ts'

const SIGNALS: readonly StopSignalName[] = ['SIGINT', 'SIGTERM']

/** A run that found no safe place to stop by then is ended where it is, as by a kill: people are promised 5 s. */
const GIVE_UP_AFTER_MS = 4000

/**
 * Do something that SIGINT and SIGTERM ask to stop: the first one by `stop`, a second one ends the process at once.
 *
 * @returns what `work` gives; from then on the signals have their usual effect again
 */
export async function stopOnSignal<Result>(work: (stop: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const onSignal = (signal: StopSignalName) => {
    if (controller.signal.aborted) endAtOnce(signal, 'a second signal ended the run')
    timer = setTimeout(
      () => endAtOnce(signal, `the run did not stop within ${GIVE_UP_AFTER_MS} ms and was ended`),
      GIVE_UP_AFTER_MS,
    )
    controller.abort(stoppedBy(signal))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

/** Die of the signal itself: `process.exit` would wait for what the run is stuck in. */
function endAtOnce(signal: StopSignalName, what: string): never {
  writeSync(
    process.stderr.fd,
    `error RUN_STOPPED: ${signal}: ${what} where it was; what it had not committed is undone by the next run, what it had committed is finished by it\ntry: droplake run\n`,
  )
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // The signal is delivered before anything else of ours runs.
  throw stoppedBy(signal)
}
