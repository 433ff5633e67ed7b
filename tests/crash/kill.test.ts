import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DROPLAKE, droplake } from '../helpers/run-cli.ts'
import { snapshot } from '../helpers/snapshot.ts'
import { REPOSITORY, type TempLake, tempLake } from '../helpers/temp-lake.ts'

const CYCLES = Number(process.env.DROPLAKE_KILL_CYCLES ?? 16)
/** A run of the samples takes about this long; a kill comes anywhere in it. */
const RUN_MS = 900

const uploads = (names: string[]) => ({
  ...(names.includes('employees.csv') ? { 'notes.txt': 'no table' } : {}),
  ...Object.fromEntries(names.map((name) => [name, readFileSync(join(REPOSITORY, 'samples', 'hires', name))])),
})

test(`a first or a second run killed at any of ${CYCLES} moments and repeated ends in the lake of undisturbed runs`, {
  timeout: 60_000 + CYCLES * 10_000,
}, async () => {
  const expected = [await undisturbed(['departments.csv', 'jobs.csv', 'employees.csv'])]
  expected.push(await undisturbed(['departments.csv', 'jobs.csv'], ['employees.csv']))
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const isSecond = cycle % 2
    const lake = await tempLake()
    if (isSecond) {
      await lake.drop(uploads(['departments.csv', 'jobs.csv']))
      await lake.run()
    }
    await lake.drop(uploads(isSecond ? ['employees.csv'] : ['departments.csv', 'jobs.csv', 'employees.csv']))
    const delayMs = Math.round(((cycle + 0.5) / CYCLES) * RUN_MS)
    await runKilledAfter(lake, delayMs)
    const repeated = await droplake(lake.folder, 'run')
    expect(repeated.exitCode, `${repeated.stderr} (killed after ${delayMs} ms)`).toSatisfy(
      (code) => code === 0 || code === 3,
    )
    expect(await snapshot(lake), `killed after ${delayMs} ms`).toEqual(expected[isSecond])
    const others = await lake.query("select run_id from control.runs where status not in ('committed', 'interrupted')")
    expect(others).toEqual([])
  }
})

/** What the lake looks like after whole runs over these samples; a file of no table lies among the last ones. */
async function undisturbed(...runs: string[][]): Promise<unknown> {
  const lake = await tempLake()
  for (const names of runs) {
    await lake.drop(uploads(names))
    await lake.run()
  }
  return snapshot(lake)
}

function runKilledAfter(lake: TempLake, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [DROPLAKE, 'run'], { cwd: lake.folder, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
    child.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
