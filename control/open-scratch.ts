import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import type { Project } from '../core/config/load-config.ts'
import { Engine } from '../core/engine.ts'
import { readLakeState } from './catalog.ts'
import type { Lake } from './lake.ts'
import { type Layout, layoutOf } from './layout.ts'
import type { OpenOptions } from './open-lake.ts'

/**
 * Open a lake as a run finds it, to see what one would do: whatever is written goes to a temporary folder, and is gone in the
 * end. It takes no lock: it waits for no run, and no run waits for it. Live data files are reached from that folder by relative
 * paths, so that all code that works on a lake works on this one.
 *
 * @param work is given the lake, and the layout of the real one
 * @throws {DroplakeError} LAKE_DAMAGED, the reason of `stop`, and whatever `work` throws
 */
export async function withScratchLake<Result>(
  project: Project,
  options: Omit<OpenOptions, 'waitMs'>,
  work: (lake: Lake, real: Layout) => Promise<Result>,
): Promise<Result> {
  const real = layoutOf(project)
  const scratch = await mkdtemp(join(tmpdir(), 'droplake-plan-'))
  const engine = await Engine.open({ path: ':memory:', ...project.config.engine })
  const stop = options.stop ?? new AbortController().signal
  const onProgress: Lake['onProgress'] = (progress) => {
    stop.throwIfAborted()
    options.onProgress(progress)
  }
  try {
    const layout = scratchLayout(real, scratch)
    const state = await readLakeState(engine, real)
    const dataFiles = state.dataFiles.map((file) => ({
      ...file,
      path: relativePath(layout.lake, real.lake, file.path),
    }))
    const { log, clock } = options
    return await work({ project, layout, engine, state: { ...state, dataFiles }, log, clock, stop, onProgress }, real)
  } finally {
    engine.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Uploads are read where they are; all else that a run may write has its place in the folder. */
function scratchLayout(real: Layout, scratch: string): Layout {
  const at = (name: string) => join(scratch, name)
  return {
    ...real,
    processed: at('processed'),
    reports: at('reports'),
    quarantine: at('quarantine'),
    refusedFiles: join(at('quarantine'), 'files'),
    lake: at('lake'),
    catalog: join(at('lake'), 'lake.duckdb'),
    lockFile: join(at('lake'), 'lock.duckdb'),
    history: join(at('lake'), 'history'),
    staging: join(at('lake'), 'staging'),
    logs: join(at('lake'), 'logs'),
  }
}

function relativePath(from: string, lake: string, path: string): string {
  return relative(from, join(lake, path)).split(sep).join('/')
}
