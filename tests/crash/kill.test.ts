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

const uploads = () =>
  Object.fromEntries(
    ['departments.csv', 'jobs.csv', 'employees.csv'].map((name) => [
      name,
      readFileSync(join(REPOSITORY, 'samples', 'hires', name)),
    ]),
  )

test(`a run killed at any of ${CYCLES} moments and repeated ends in the lake of an undisturbed run`, {
  timeout: 60_000 + CYCLES * 10_000,
}, async () => {
  const undisturbed = await tempLake({ uploads: { ...uploads(), 'notes.txt': 'no table' } })
  await undisturbed.run()
  const expected = await snapshot(undisturbed)
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const lake = await tempLake({ uploads: { ...uploads(), 'notes.txt': 'no table' } })
    const delayMs = Math.round(((cycle + 0.5) / CYCLES) * RUN_MS)
    await runKilledAfter(lake, delayMs)
    const repeated = await droplake(lake.folder, 'run')
    expect(repeated.exitCode, `${repeated.stderr} (killed after ${delayMs} ms)`).toSatisfy(
      (code) => code === 0 || code === 3,
    )
    expect(await snapshot(lake), `killed after ${delayMs} ms`).toEqual(expected)
    const unfinished = await lake.query(
      "select run_id from control.runs where status not in ('committed', 'interrupted')",
    )
    expect(unfinished).toEqual([])
  }
})

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
