import { expect, test } from 'vitest'
import { onBench, type Tally } from './helpers/bench.ts'
import { checkAfterRerun, checkReader } from './helpers/check.ts'
import { rounds, sample } from './helpers/sample.ts'
import { type Call, commitPoint, listCalls, runKilledAt, straceMissing } from './helpers/strace.ts'

const missing = straceMissing()

/** Where the first kill comes: right before the commit, and right after it. */
const FIRST_KILLS = {
  'before the commit': (calls: readonly Call[]) => calls[commitPoint(calls)],
  'after the commit': (calls: readonly Call[]) => calls[commitPoint(calls) + 1],
} as const

/** Kill a run, then kill the run that recovers from that at its durable calls. */
function killRecovery(when: keyof typeof FIRST_KILLS): Promise<Tally> {
  const result = { fault: `SIGKILL at each second durable call of the run after a kill ${when}`, promise: 'V1-V6' }
  return onBench('second run', result, async (bench) => {
    const { lake, tally } = bench
    const first = FIRST_KILLS[when](await listCalls(lake))
    if (first === undefined) throw new Error('the run that was listed has no commit')
    const interrupt = async () => {
      lake.restore()
      await runKilledAt(lake, first)
    }
    const calls = await listCalls(lake, interrupt)
    for (const call of sample(
      calls.filter((_, index) => index % 2 === 0),
      2,
    )) {
      await interrupt()
      const { signal } = await runKilledAt(lake, call)
      if (signal !== 'SIGKILL') continue
      const seen = await checkReader(bench)
      tally.add(`killed ${when}, then at ${call.name} ${call.number} (${call.text})`, [
        ...seen,
        ...(await checkAfterRerun(bench)),
      ])
    }
  })
}

test.skipIf(missing).each([
  ['before the commit', 100],
  ['after the commit', 60],
] as const)(`a run that recovers from a kill %s may be killed as well${missing ?? ''}`, async (when, atLeast) => {
  const tally = await killRecovery(when)
  expect(tally.violations).toEqual([])
  expect(tally.rounds).toBeGreaterThanOrEqual(rounds(atLeast, 2))
})
