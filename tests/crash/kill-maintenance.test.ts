import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { verify } from '../../pipeline/verify/index.ts'
import { flipBit } from '../helpers/damage.ts'
import { DROPLAKE, droplake } from '../helpers/run-cli.ts'
import { snapshot } from '../helpers/snapshot.ts'
import { PARENTS, type TempLake, tempLake } from '../helpers/temp-lake.ts'

/** Kills of each command. */
const CYCLES = Math.max(1, Math.round(Number(process.env.DROPLAKE_KILL_CYCLES ?? 4) / 4))
/** A command starts in about 400 ms and has ended after this long. */
const [FROM_MS, TO_MS] = [300, 1200]

const T = '2021-07-01T10:00:00Z'
const DAMAGED = 'dw/jobs/000001.parquet'

test.each([['rollback', '1', '--yes'], ['compact'], ['vacuum', '--keep', '1', '--yes'], ['repair']])(
  `a %s killed at any of ${CYCLES} moments leaves a lake that is whole after the same command`,
  async (...words) => {
    const expected = await contentAfter(words, null)
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const delayMs = Math.round(FROM_MS + ((cycle + 0.5) / CYCLES) * (TO_MS - FROM_MS))
      expect(await contentAfter(words, delayMs), `killed after ${delayMs} ms`).toEqual(expected)
    }
  },
  60_000 + CYCLES * 30_000,
)

/** What people see of a lake after a command, also when it was killed and given again. */
async function contentAfter(words: readonly string[], delayMs: number | null): Promise<unknown> {
  const lake = await threeVersions(words[0] === 'repair')
  if (delayMs !== null) {
    await killedAfter(lake, words, delayMs)
    const { findings } = await verify(lake.project, { deep: false })
    expect(findings.filter((finding) => finding.remedy !== 'run')).toEqual([])
  }
  const { exitCode, stderr } = await droplake(lake.folder, ...words)
  expect(exitCode, stderr).toBe(0)
  // What was cut short before its commit is noted by the next commit; here that of a run without uploads.
  await lake.run()
  expect(await lake.findings()).toEqual([])
  return snapshot(lake)
}

/** Versions 1 to 3, with a good and a refused employee each. */
async function threeVersions(isDamaged: boolean): Promise<TempLake> {
  const lake = await tempLake({ uploads: PARENTS })
  for (let number = 1; number <= 3; number++) {
    await lake.drop({ [`employees${number}.csv`]: `${number},Ada,${T},1,1\n${number + 100},,${T},1,1\n` })
    await lake.run()
  }
  if (isDamaged) flipBit(lake.path('lake', ...DAMAGED.split('/')), 321)
  return lake
}

function killedAfter(lake: TempLake, words: readonly string[], delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [DROPLAKE, ...words], { cwd: lake.folder, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
    child.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
