import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { APP } from './helpers/app.ts'
import { onBench } from './helpers/bench.ts'
import { checkWhole, runUndisturbed } from './helpers/check.ts'
import { rounds } from './helpers/sample.ts'
import { Victim } from './helpers/victim.ts'

interface Ended {
  readonly exitCode: number
  readonly stderr: string
}

const MOST_CONTENDERS = 8
/** A run over so many records takes long enough for all contenders to meet it. */
const RECORDS = 5_000

const largeUpload = () =>
  Array.from({ length: RECORDS }, (_, id) => `${100_000 + id},Ada,2021-07-01T10:00:00Z,1,1\n`).join('')

function once<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Message))
    child.once('exit', (code) => reject(new Error(`a contender ended with ${code}`)))
  })
}

async function startContenders(): Promise<ChildProcess[]> {
  const script = join(import.meta.dirname, 'helpers', 'contender.mjs')
  const children = Array.from({ length: MOST_CONTENDERS }, () =>
    fork(script, [APP], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  )
  await Promise.all(children.map((child) => once(child)))
  for (const child of children) child.setMaxListeners(0)
  return children
}

/** @returns a sentence per contender that neither won nor named the winner */
function judge(ended: readonly Ended[], contenders: readonly ChildProcess[]): string[] {
  const isWinner = ({ exitCode }: Ended) => exitCode === 0 || exitCode === 3
  const winners = contenders.filter((_, index) => isWinner(ended[index] as Ended))
  const holder = `(process ${winners[0]?.pid}`
  const losers = ended.filter((one) => !isWinner(one))
  return [
    ...(winners.length === 1 ? [] : [`${winners.length} of ${ended.length} runs won`]),
    ...losers
      .filter(
        ({ exitCode, stderr }) => exitCode !== 75 || !stderr.includes('error LAKE_BUSY: ') || !stderr.includes(holder),
      )
      .map(
        ({ exitCode, stderr }) =>
          `a run that did not win ended with ${exitCode} and does not name ${holder}): ${stderr}`,
      ),
  ]
}

test('of two to eight runs at once one wins, and the others say who holds the lake', async () => {
  const contenders = await startContenders()
  try {
    const tally = await onBench(
      'first run',
      { fault: '2 to 8 runs at once', promise: 'one winner, the others 75, V2-V6' },
      async (bench) => {
        const { lake, reader } = bench
        lake.restore()
        lake.drop({ 'employees_many.csv': largeUpload() })
        lake.save()
        const undisturbed = await runUndisturbed(lake, reader)
        while (bench.tally.rounds < rounds(200, 3)) {
          lake.restore()
          const some = contenders.slice(0, 2 + (bench.tally.rounds % (MOST_CONTENDERS - 1)))
          const ended = await Promise.all(
            some.map((child) => {
              const answer = once<Ended>(child)
              child.send({ folder: lake.folder })
              return answer
            }),
          )
          const found = judge(ended, some)
          bench.tally.add(`round ${bench.tally.rounds}, ${some.length} runs`, [
            ...found,
            ...(await checkWhole({ lake, reader, undisturbed })),
          ])
        }
      },
    )
    expect(tally.violations).toEqual([])
  } finally {
    for (const child of contenders) child.kill()
  }
})

test('the lock of a run that was killed is free at once', async () => {
  const tally = await onBench(
    'second run',
    { fault: 'SIGKILL of the run that holds the lock, another one at once', promise: 'the lock is free, V2-V6' },
    async (bench) => {
      while (bench.tally.rounds < rounds(20, 1)) {
        bench.lake.restore()
        const [holder, next] = [new Victim(bench.lake.folder), new Victim(bench.lake.folder)]
        await Promise.all([holder.ready, next.ready])
        holder.go()
        while (!existsSync(bench.lake.path('lake', 'staging', 'run-000002', 'run.json'))) await sleep(1)
        holder.child.kill('SIGKILL')
        await holder.ended
        const { exitCode, stderr } = await next.run()
        const found = exitCode === 0 || exitCode === 3 ? [] : [`the next run ended with ${exitCode}: ${stderr}`]
        bench.tally.add(`round ${bench.tally.rounds}`, [...found, ...(await checkWhole(bench))])
      }
    },
  )
  expect(tally.violations).toEqual([])
})
