import type { Argv } from 'yargs'
import { DroplakeError } from '../core/errors.ts'

export interface WaitFlags {
  readonly wait?: string | undefined
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** The flag of every command that takes the lake's lock. */
export function withWaitOption(parser: Argv): Argv {
  return parser.option('wait', {
    type: 'string',
    requiresArg: true,
    describe: 'wait so long (such as 30s or 5m) while another run is at work; default: not at all',
  })
}

/**
 * What `--wait` says, in milliseconds.
 *
 * @throws {DroplakeError} USAGE
 */
export function waitMsOf({ wait = '0s' }: WaitFlags): number {
  const [, number, unit = ''] = /^(\d{1,6})(ms|s|m|h)$/.exec(wait) ?? []
  const unitMs = UNIT_MS[unit]
  if (unitMs !== undefined) return Number(number) * unitMs
  throw new DroplakeError(
    'USAGE',
    `--wait is "${wait}"; expected a whole number and a unit (ms, s, m, h), such as 30s`,
    {
      hint: 'droplake run --wait 30s',
    },
  )
}
