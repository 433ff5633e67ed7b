import type { Project } from '../core/config/load-config.ts'
import { ensureFolder } from '../core/durable-files.ts'
import { Engine } from '../core/engine.ts'
import type { Logger } from '../core/logger.ts'
import { readLakeState } from './catalog.ts'
import type { Lake, Progress } from './lake.ts'
import { layoutOf } from './layout.ts'
import { releaseLock, takeLock } from './lock.ts'

export interface OpenOptions {
  readonly log: Logger
  readonly clock: () => Date
  readonly onProgress: (progress: Progress) => void
}

/**
 * Open a lake for writing, do something with it, and close it whatever happens.
 *
 * @throws {DroplakeError} LAKE_BUSY, LAKE_DAMAGED, and whatever `work` throws
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
  try {
    await takeLock(engine, layout)
    try {
      const state = await readLakeState(engine, layout)
      return await work({ project, layout, engine, state, ...options })
    } finally {
      await releaseLock(engine, layout)
    }
  } finally {
    engine.close()
  }
}
