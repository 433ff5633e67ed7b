import { expect, test } from 'vitest'
import { FAULT_POINTS, type FaultPoint } from '../../core/fault-points.ts'
import { type Bench, onBench } from './helpers/bench.ts'
import { checkAfterRerun, checkReader, checkWhole } from './helpers/check.ts'
import { checkFailure } from './helpers/check-failure.ts'
import { IS_WHOLE, rounds, sample } from './helpers/sample.ts'
import { Victim } from './helpers/victim.ts'

type Kind = 'kill' | 'enospc' | 'eio'

/** Make one fault happen. @returns false when the run made fewer calls of this point */
async function runWithFault(bench: Bench, point: FaultPoint, number: number, kind: Kind): Promise<boolean> {
  const what = `${point}:${number}:${kind}`
  bench.lake.restore()
  const ended = await new Victim(bench.lake.folder, { env: { DROPLAKE_FAULT: what } }).run()
  const isDone = ended.exitCode === 0 || ended.exitCode === 3
  if (isDone && kind === 'kill') return false
  const seen = isDone ? await checkWhole(bench) : await checkReader(bench)
  if (!isDone && kind !== 'kill') seen.push(...checkFailure(ended))
  bench.tally.add(what, [...seen, ...(await checkAfterRerun(bench))])
  return true
}

test.each(['kill', 'enospc', 'eio'] as const)(
  '%s at the named points of the durable calls leaves a lake that the next run completes',
  async (kind) => {
    const result = { fault: `DROPLAKE_FAULT=<point>:<n>:${kind}`, promise: 'V1-V6, told clearly' }
    const tally = await onBench('second run', result, async (bench) => {
      for (const point of sample(FAULT_POINTS, kind === 'kill' ? 4 : 2)) {
        const numbers =
          point.startsWith('sync') || point === 'removePath' ? [1, 8, 15, 22, 29, 36, 43] : [1, 2, 3, 5, 8]
        for (const number of IS_WHOLE ? numbers : [2]) await runWithFault(bench, point, number, kind)
      }
    })
    expect(tally.violations).toEqual([])
    expect(tally.rounds).toBeGreaterThanOrEqual(rounds(25, 1))
  },
)
