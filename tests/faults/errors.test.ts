import { expect, test } from 'vitest'
import { type Bench, onBench } from './helpers/bench.ts'
import { checkAfterRerun, checkReader, checkWhole, isBefore } from './helpers/check.ts'
import { checkFailure } from './helpers/check-failure.ts'
import { rounds, sample } from './helpers/sample.ts'
import { type Call, commitPoint, listCalls, runWithError, straceMissing } from './helpers/strace.ts'

const missing = straceMissing()

const ERRORS = {
  ENOSPC: ['write', 'pwrite64', 'openat', 'mkdir', 'fsync', 'ftruncate', 'copy_file_range'],
  EIO: ['write', 'pwrite64', 'fsync', 'rename', 'unlink'],
  EACCES: ['openat', 'mkdir', 'rename', 'unlink'],
  EMFILE: ['openat'],
} as const

type Code = keyof typeof ERRORS

/** Let a run meet an error; then it has failed and says so, or has come through whole; and the next run completes it. */
async function runAndCheck(bench: Bench, call: Call, code: Code, always: boolean, mustFail: boolean): Promise<void> {
  bench.lake.restore()
  const ended = await runWithError(bench.lake, call, code, always)
  const isDone = ended.exitCode === 0 || ended.exitCode === 3
  const found = isDone ? await checkWhole(bench) : [...checkFailure(ended), ...(await checkReader(bench))]
  if (mustFail && (isDone || !(await isBefore(bench)))) found.push('something was committed all the same')
  bench.tally.add(`${code} at ${call.name} ${call.number}${always ? '+' : ''} (${call.text})`, [
    ...found,
    ...(await checkAfterRerun(bench)),
  ])
}

test.skipIf(missing).each(['ENOSPC', 'EIO', 'EACCES', 'EMFILE'] as const)(
  `%s at one call, or at it and all after it: told, nothing half done, the next run completes it${missing ?? ''}`,
  async (code) => {
    const names: readonly string[] = ERRORS[code]
    const tally = await onBench(
      'second run',
      { fault: `${code} injected at durable calls`, promise: 'V1-V6, told clearly' },
      async (bench) => {
        const calls = (await listCalls(bench.lake)).filter((call) => names.includes(call.name))
        const some = sample(calls, 2).filter((_, index) => index % rounds(4, 1) === 0)
        for (const [index, call] of some.entries()) await runAndCheck(bench, call, code, index % 2 === 1, false)
      },
    )
    expect(tally.violations).toEqual([])
    expect(tally.rounds).toBeGreaterThanOrEqual(rounds(10, 2))
  },
)

test.skipIf(missing)(`after a failed fsync before the commit nothing is committed${missing ?? ''}`, async () => {
  const result = {
    fault: 'EIO at each fsync before the commit, and at all after it',
    promise: 'V1-V6, nothing committed',
  }
  const tally = await onBench('second run', result, async (bench) => {
    const calls = await listCalls(bench.lake)
    // The folder's own sync follows the rename: when it fails, the rename is taken back.
    const before = calls.slice(0, commitPoint(calls) + 2).filter((call) => call.name === 'fsync')
    for (const call of sample(before, 2)) await runAndCheck(bench, call, 'EIO', true, true)
  })
  expect(tally.violations).toEqual([])
  expect(tally.rounds).toBeGreaterThanOrEqual(rounds(40, 2))
})
