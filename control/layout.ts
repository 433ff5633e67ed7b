import { join, resolve } from 'node:path'
import type { Project } from '../core/config/load-config.ts'

/**
 * `replaced` and `closed` say of rows in `dw` that they are no longer in their table, or no longer current (docs/adr/0004).
 * `rejects` are entries of the quarantine; `outcomes` say what became of them.
 */
export type Layer = 'ods' | 'dw' | 'replaced' | 'closed' | 'app' | 'rejects' | 'outcomes'

export const LAYERS: readonly Layer[] = ['ods', 'dw', 'replaced', 'closed', 'app', 'rejects', 'outcomes']

/** Where everything of one lake lies; all paths absolute. Nothing else joins these names. */
export interface Layout {
  readonly uploads: string
  readonly processed: string
  readonly reports: string
  readonly quarantine: string
  readonly refusedFiles: string
  /** For each mart whose tests failed in the last run, a CSV of the rows that they found. */
  readonly failingMarts: string
  readonly backups: string
  readonly lake: string
  /** The catalog that people open. */
  readonly catalog: string
  readonly lockFile: string
  readonly history: string
  readonly staging: string
  readonly logs: string
}

export function layoutOf(project: Project): Layout {
  const at = (path: string) => resolve(project.folder, path)
  const { uploads, processed, reports, quarantine, lake, backups } = project.config.paths
  return {
    uploads: at(uploads),
    processed: at(processed),
    reports: at(reports),
    quarantine: at(quarantine),
    refusedFiles: join(at(quarantine), 'files'),
    failingMarts: join(at(quarantine), 'marts'),
    backups: at(backups),
    lake: at(lake),
    catalog: join(at(lake), 'lake.duckdb'),
    lockFile: join(at(lake), 'lock.duckdb'),
    history: join(at(lake), 'history'),
    staging: join(at(lake), 'staging'),
    logs: join(at(lake), 'logs'),
  }
}

/** Run and version numbers in file names: six digits, so that names sort as numbers do. */
export function paddedNumber(number: number): string {
  return String(number).padStart(6, '0')
}

export function historyPath(layout: Layout, version: number): string {
  return join(layout.history, `${paddedNumber(version)}.duckdb`)
}

/** The run's own folder: copies of uploads and scratch files, gone when the run has ended. */
export function stagingFolder(layout: Layout, runId: number): string {
  return join(layout.staging, `run-${paddedNumber(runId)}`)
}
