import { onBench, type Tally } from './bench.ts'
import { checkAfterRerun, checkReader } from './check.ts'
import { sample } from './sample.ts'
import type { Scenario } from './scenarios.ts'
import { listCalls, runKilledAt } from './strace.ts'

/**
 * Kill a run at each of its durable calls in turn, right before the call takes effect; look as a reader; run again; compare
 * with an undisturbed run.
 *
 * @param few so many calls in a sample
 */
export function killAtEveryCall(scenario: Scenario, few: number): Promise<Tally> {
  const result = { fault: `SIGKILL at each durable call of a ${scenario}`, promise: 'V1-V6' }
  return onBench(scenario, result, async (bench) => {
    for (const call of sample(await listCalls(bench.lake), few)) {
      bench.lake.restore()
      const { signal } = await runKilledAt(bench.lake, call)
      if (signal !== 'SIGKILL') continue
      const seen = await checkReader(bench)
      bench.tally.add(`${call.name} ${call.number} (${call.text})`, [...seen, ...(await checkAfterRerun(bench))])
    }
  })
}
