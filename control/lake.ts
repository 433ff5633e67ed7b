import type { Project } from '../core/config/load-config.ts'
import type { Engine } from '../core/engine.ts'
import type { Logger } from '../core/logger.ts'
import type { Layout } from './layout.ts'
import type { DataFile } from './ledger.ts'

/** How far a piece of work is; `doneBytes` of `totalBytes` of one upload. */
export interface Progress {
  readonly file: string
  readonly stage: 'copy' | 'read'
  readonly doneBytes: number
  readonly totalBytes: number
}

/** The lake as its newest catalog tells it. */
export interface LakeState {
  /** 0 for a lake that no run has committed to yet. */
  readonly version: number
  readonly lastRunId: number
  /** JSON: contracts of the tables as the last run had them; null for a new lake. */
  readonly contracts: string | null
  /** Live data files. */
  readonly dataFiles: readonly DataFile[]
  /** The catalog that this was read from; null for a new lake. */
  readonly catalogPath: string | null
}

/** A lake that is open for one run: the lock is held, and the engine has the newest ledger attached as `lake`. */
export interface Lake {
  readonly project: Project
  readonly layout: Layout
  readonly engine: Engine
  readonly state: LakeState
  readonly log: Logger
  readonly clock: () => Date
  /** Aborted when someone asks the run to stop; its reason is the error to end with. */
  readonly stop: AbortSignal
  /** @throws the reason of `stop`: a loop over bytes that reports its progress can be stopped */
  readonly onProgress: (progress: Progress) => void
}

/** A run under way. */
export interface Run {
  readonly runId: number
  readonly startedAt: Date
  /** Its own folder, for copies of uploads and scratch files. */
  readonly folder: string
  /** `run`, or the command that maintains the lake: `rollback 41`. */
  readonly command: string
}
