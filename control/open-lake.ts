import type { Project } from '../core/config/load-config.ts'
import { ensureFolder } from '../core/durable-files.ts'
import { Engine } from '../core/engine.ts'
import type { Logger } from '../core/logger.ts'
import { readLakeState } from './catalog.ts'
import type { Lake, Progress } from './lake.ts'
import { layoutOf } from './layout.ts'
import { releaseLock } from './lock.ts'
import { waitForLock } from './wait-for-lock.ts'

export interface OpenOptions {
  readonly log: Logger
  readonly clock: () => Date
  readonly onProgress: (progress: Progress) => void
  /** Abort it, with the error to end with as its reason, to stop the work before its commit; unset means never. */
  readonly stop?: AbortSignal
  /** How long to wait for the lake's lock while another process holds it; unset means not at all. */
  readonly waitMs?: number
}

/**
 * Open a lake for writing, do something with it, and close it whatever happens.
 *
 * @throws {DroplakeError} LAKE_BUSY, LAKE_DAMAGED, the reason of `stop`, and whatever `work` throws
 */
export async function withLake<Result>(
  project: Project,
  options: OpenOptions,
  work: (lake: Lake) => Promise<Result>,
): Promise<Result> {
  const layout = layoutOf(project)
  for (const folder of [layout.lake, layout.uploads, layout.processed, layout.quarantine]) await ensureFolder(folder)
  const engine = await Engine.open({
    path: ':memory:',
    threads: project.config.engine.threads,
    memoryLimit: project.config.engine.memoryLimit,
  })
  const stop = options.stop ?? new AbortController().signal
  const onProgress = (progress: Progress) => {
    stop.throwIfAborted()
    options.onProgress(progress)
  }
  try {
    await waitForLock(engine, layout, { waitMs: options.waitMs ?? 0, stop, log: options.log })
    try {
      const state = await readLakeState(engine, layout)
      return await work({ project, layout, engine, state, log: options.log, clock: options.clock, stop, onProgress })
    } finally {
      await releaseLock(engine, layout)
    }
  } finally {
    engine.close()
  }
}
