import { expect, test } from 'vitest'
import { type Bench, onBench } from './helpers/bench.ts'
import { checkAfterRerun, checkReader } from './helpers/check.ts'
import { rounds, seededRandom } from './helpers/sample.ts'
import { SCENARIOS } from './helpers/scenarios.ts'
import { Victim } from './helpers/victim.ts'

const random = seededRandom()

/** How long an undisturbed run takes here and now, in milliseconds. */
async function timeRun({ lake }: Bench): Promise<number> {
  lake.restore()
  const victim = new Victim(lake.folder)
  await victim.ready
  const started = performance.now()
  await victim.run()
  return performance.now() - started
}

/** Kill so many runs in a row, each at some moment of its work, and look as a reader after each. */
async function killInARow(bench: Bench, kills: number, runMs: number): Promise<{ killed: number; seen: string[] }> {
  const seen: string[] = []
  let killed = 0
  for (let kill = 0; kill < kills; kill++) {
    const { signal } = await new Victim(bench.lake.folder).killedAfter(random() * runMs)
    if (signal === 'SIGKILL') killed++
    seen.push(...(await checkReader(bench)))
  }
  return { killed, seen }
}

test.each(SCENARIOS)(
  'a %s killed at random moments, up to three times in a row, ends in the lake of an undisturbed run',
  async (scenario) => {
    for (const [kills, cycles] of [
      [1, rounds(100, 1)],
      [2, rounds(30, 1)],
      [3, rounds(20, 1)],
    ] as const) {
      const result = { fault: `SIGKILL at random moments, ${kills} in a row, of a ${scenario}`, promise: 'V1-V6' }
      const tally = await onBench(scenario, result, async (bench) => {
        const runMs = await timeRun(bench)
        while (bench.tally.rounds < cycles) {
          bench.lake.restore()
          const { killed, seen } = await killInARow(bench, kills, runMs)
          if (killed < kills) continue
          bench.tally.add(`cycle ${bench.tally.rounds}`, [...seen, ...(await checkAfterRerun(bench))])
        }
      })
      expect(tally.violations).toEqual([])
    }
  },
)
