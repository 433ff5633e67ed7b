import { expect, test } from 'vitest'
import { killAtEveryCall } from './helpers/kill-at-calls.ts'
import { rounds } from './helpers/sample.ts'
import { straceMissing } from './helpers/strace.ts'

const missing = straceMissing()

test.skipIf(missing)(
  `a first run killed at any durable call and repeated ends in the lake of an undisturbed run${missing ?? ''}`,
  async () => {
    const tally = await killAtEveryCall('first run', 5)
    expect(tally.violations).toEqual([])
    expect(tally.rounds).toBeGreaterThanOrEqual(rounds(260, 4))
  },
)
