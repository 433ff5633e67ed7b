import type { RetryRequest } from './dw/index.ts'

/** What a run is asked to do. */
export interface RunRequest {
  /** For the ledger: `run`. */
  readonly command: string
  readonly takesUploads: boolean
  /** Open records of the quarantine to judge again. */
  readonly retry: RetryRequest | null
}

export const TAKE_UPLOADS: RunRequest = { command: 'run', takesUploads: true, retry: null }
