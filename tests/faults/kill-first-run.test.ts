import { expect, test } from 'vitest'
import { killAtEveryCall } from './helpers/kill-at-calls.ts'
import { IS_WHOLE } from './helpers/sample.ts'
import { straceMissing } from './helpers/strace.ts'

const missing = straceMissing()

test.skipIf(missing)(
  `a first run killed at any durable call and repeated ends in the lake of an undisturbed run${missing ? ` (${missing})` : ''}`,
  async () => {
    const { kills, violations } = await killAtEveryCall('first run', 16)
    expect(violations).toEqual([])
    expect(kills).toBeGreaterThan(IS_WHOLE ? 250 : 12)
  },
)
