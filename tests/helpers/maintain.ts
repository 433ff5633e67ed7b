import type { OpenOptions } from '../../control/open-lake.ts'
import { silentLogger } from '../../core/logger.ts'

/** What a command that changes the lake works with. */
export const quietly = (clock: () => Date = () => new Date()): OpenOptions => ({
  log: silentLogger(),
  clock,
  onProgress: () => undefined,
})
