import { expect, test } from 'vitest'
import { killAtEveryCall } from './helpers/kill-at-calls.ts'
import { rounds } from './helpers/sample.ts'
import { straceMissing } from './helpers/strace.ts'

const missing = straceMissing()

test.skipIf(missing)(
  `a run that changes rows, killed at any durable call and repeated, ends in the lake of an undisturbed run${missing ?? ''}`,
  async () => {
    const tally = await killAtEveryCall('changing run', 4)
    expect(tally.violations).toEqual([])
    expect(tally.rounds).toBeGreaterThanOrEqual(rounds(200, 3))
  },
)
