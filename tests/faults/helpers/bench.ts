import { runUndisturbed, type Undisturbed } from './check.ts'
import type { FaultLake } from './fault-lake.ts'
import { Reader } from './reader.ts'
import { noteResult } from './results.ts'
import { lakeBefore, type Scenario } from './scenarios.ts'

/** What a suite works with: a lake that can be put back, a reader, and what an undisturbed run makes of it. */
export interface Bench {
  readonly lake: FaultLake
  readonly reader: Reader
  readonly undisturbed: Undisturbed
  readonly tally: Tally
}

/** Rounds so far, and a sentence per violation. */
export class Tally {
  rounds = 0
  readonly violations: string[] = []

  /** One round is over. @param what tells the round from the others */
  add(what: string, found: readonly string[]): void {
    this.rounds++
    this.violations.push(...found.map((text) => `${what}: ${text}`))
  }
}

/** Do rounds with a lake, and note what came of them under the name of the fault. */
export async function onBench(
  scenario: Scenario,
  result: { fault: string; promise: string },
  work: (bench: Bench) => Promise<void>,
): Promise<Tally> {
  const lake = await lakeBefore(scenario)
  const reader = new Reader()
  const tally = new Tally()
  try {
    await work({ lake, reader, undisturbed: await runUndisturbed(lake, reader), tally })
  } finally {
    reader.close()
    lake.remove()
    noteResult({ ...result, rounds: tally.rounds, violations: tally.violations.length })
  }
  return tally
}
