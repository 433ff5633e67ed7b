import { checkReader, checkWhole, runUndisturbed } from './check.ts'
import { Reader } from './reader.ts'
import { noteResult } from './results.ts'
import { sample } from './sample.ts'
import { lakeBefore, type Scenario } from './scenarios.ts'
import { listCalls, runKilledAt } from './strace.ts'

export interface Killed {
  /** Calls at which a run was killed. */
  readonly kills: number
  readonly violations: readonly string[]
}

/**
 * Kill a run at each of its durable calls in turn, right before the call takes effect; look as a reader; run again; compare
 * with an undisturbed run.
 */
export async function killAtEveryCall(scenario: Scenario, few: number): Promise<Killed> {
  const lake = await lakeBefore(scenario)
  const reader = new Reader()
  const violations: string[] = []
  let kills = 0
  try {
    const undisturbed = await runUndisturbed(lake, reader)
    for (const call of sample(await listCalls(lake), few)) {
      lake.restore()
      const { signal } = await runKilledAt(lake, call)
      if (signal !== 'SIGKILL') continue
      kills++
      const found = await checkReader(lake, reader, undisturbed)
      const { problems } = await lake.run()
      found.push(...problems, ...(await checkWhole(lake, reader, undisturbed)))
      violations.push(...found.map((text) => `killed at ${call.name} ${call.number} (${call.text}): ${text}`))
    }
  } finally {
    reader.close()
    lake.remove()
  }
  noteResult({
    fault: `SIGKILL at each durable call (${scenario})`,
    promise: 'V1-V6',
    rounds: kills,
    violations: violations.length,
  })
  return { kills, violations }
}
