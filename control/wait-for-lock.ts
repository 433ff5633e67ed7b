import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../core/engine.ts'
import { DroplakeError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Layout } from './layout.ts'
import { takeLock } from './lock.ts'

/** Time between two tries: short beside any run, long beside the few milliseconds that a try takes. */
const TRY_EVERY_MS = 100

export interface WaitOptions {
  /** 0 means one try. */
  readonly waitMs: number
  readonly stop: AbortSignal
  readonly log: Logger
}

/**
 * Take the lake's lock; while another process holds it, wait up to `waitMs`, and say once who that is.
 *
 * @throws {DroplakeError} LAKE_BUSY, when the time is over; the reason of `stop`
 */
export async function waitForLock(engine: Engine, layout: Layout, { waitMs, stop, log }: WaitOptions): Promise<void> {
  let lastTryAt: number | undefined
  for (;;) {
    stop.throwIfAborted()
    try {
      return await takeLock(engine, layout)
    } catch (error) {
      const isBusy = error instanceof DroplakeError && error.code === 'LAKE_BUSY'
      // The time counts from the first try, which on a machine at its limit may take a while itself.
      const isFirst = lastTryAt === undefined
      lastTryAt ??= performance.now() + waitMs
      const leftMs = lastTryAt - performance.now()
      if (!isBusy || leftMs <= 0) throw error
      if (isFirst) log.warn({ holder: error.details.holder, waitMs }, 'another run works on the lake, waiting for it')
      // A stop ends the sleep, and the next round tells it.
      await sleep(Math.min(TRY_EVERY_MS, leftMs), undefined, { signal: stop }).catch(() => undefined)
    }
  }
}
