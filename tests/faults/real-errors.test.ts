import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { runProgram } from '../helpers/run-cli.ts'
import { APP } from './helpers/app.ts'
import { type Bench, onBench } from './helpers/bench.ts'
import { checkAfterRerun, checkReader, checkWhole } from './helpers/check.ts'
import { checkFailure } from './helpers/check-failure.ts'
import { sample } from './helpers/sample.ts'

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
const reason = canMount ? '' : ' (skipped: no mounts in a namespace of its own here)'

/** Run droplake at the end of a shell script that has made the world worse first; the lake's folder is `$1`. */
async function runIn(bench: Bench, script: string, wrapper: readonly string[], what: string): Promise<void> {
  bench.lake.restore()
  const shell = ['sh', '-ec', script, 'sh', bench.lake.folder, process.execPath, `${APP}/bin/droplake`]
  const [program = '', ...words] = [...wrapper, ...shell]
  const { exitCode, stderr } = await runProgram(program, words, bench.lake.folder)
  const isDone = exitCode === 0 || exitCode === 3
  const seen = isDone
    ? await checkWhole(bench)
    : [...checkFailure({ exitCode, signal: null, stderr }), ...(await checkReader(bench))]
  bench.tally.add(what, [...seen, ...(await checkAfterRerun(bench))])
  ended.push(isDone ? 'done' : 'failed')
}

let ended: string[] = []

/** The lake moves to a small disk for the run, and back from it. */
const ON_SMALL_DISK = (kib: number) => `
  cp -a "$1/lake" "$1.copy"
  mount -t tmpfs -o size=${kib}k tmpfs "$1/lake"
  cp -a "$1.copy/." "$1/lake/"
  code=0; "$2" "$3" run -C "$1" || code=$?
  rm -rf "$1.copy"; cp -a "$1/lake" "$1.copy"
  umount "$1/lake"; rm -rf "$1/lake"; mv "$1.copy" "$1/lake"
  exit $code`

test.skipIf(!canMount)(
  `a disk that is full at some point of the run: told, nothing half done, the next run completes it${reason}`,
  async () => {
    ended = []
    const tally = await onBench(
      'second run',
      { fault: 'a disk of 3.4 to 8 MiB', promise: 'V1-V6, told clearly' },
      async (bench) => {
        const sizes = [3400, 3600, 3800, 4000, 4200, 4400, 4800, 5200, 5600, 6000, 7000, 8000]
        for (const kib of sample(sizes, 3))
          await runIn(bench, ON_SMALL_DISK(kib), ['unshare', '-rm'], `a disk of ${kib} KiB`)
      },
    )
    expect(tally.violations).toEqual([])
    expect(ended).toContain('failed')
  },
)

test.skipIf(!canMount)(
  `a folder that cannot be written: told, nothing half done, the next run completes it${reason}`,
  async () => {
    ended = []
    const folders = [
      'lake',
      'lake/history',
      'lake/ods',
      'lake/dw',
      'lake/app',
      'lake/staging',
      'lake/logs',
      'workingArea/uploads',
      'workingArea/processed',
      'quarantine',
      'reports',
    ]
    const tally = await onBench(
      'second run',
      { fault: 'a folder that is read-only', promise: 'V1-V6, told clearly' },
      async (bench) => {
        for (const folder of sample(folders, 2)) {
          const script = `mkdir -p "$1/${folder}"; mount --bind "$1/${folder}" "$1/${folder}"; mount -o remount,bind,ro "$1/${folder}"; exec "$2" "$3" run -C "$1"`
          await runIn(bench, script, ['unshare', '-rm'], `${folder} is read-only`)
        }
      },
    )
    expect(tally.violations).toEqual([])
    expect(ended).toContain('failed')
  },
)

test('a limit of the size of files: told, nothing half done, the next run completes it', async () => {
  ended = []
  const tally = await onBench('second run', { fault: 'ulimit -f', promise: 'V1-V6, told clearly' }, async (bench) => {
    const limits = ['-f 1', '-f 8', '-f 64', '-f 512', '-f 1024', '-f 2048', '-f 4096']
    for (const limit of sample(limits, 2))
      await runIn(bench, `ulimit ${limit}; exec "$2" "$3" run -C "$1"`, [], `ulimit ${limit}`)
  })
  expect(tally.violations).toEqual([])
  expect(ended).toContain('failed')
})
