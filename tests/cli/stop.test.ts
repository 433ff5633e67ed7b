import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'rolldown'
import { expect, onTestFinished, test } from 'vitest'
import { stoppedBy } from '../../core/stop.ts'
import { DROPLAKE, droplake } from '../helpers/run-cli.ts'
import { snapshot } from '../helpers/snapshot.ts'
import { PARENTS, REPOSITORY, type TempLake, tempLake } from '../helpers/temp-lake.ts'

/** What people are promised. */
const STOPS_WITHIN_MS = 5000

const BEFORE_COMMIT = (signal: string) =>
  `error RUN_STOPPED: ${signal} stopped the run before its commit: nothing was committed, uploads stay where they are\ntry: droplake run\n`

interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  readonly durationMs: number
}

/** Start a program, send it signals once stderr shows some text, and wait for its end; the time counts from the signals. */
function signalled(
  words: string[],
  cwd: string,
  shows: RegExp,
  signals: NodeJS.Signals[],
  delayMs = 0,
): Promise<Ended> {
  const child: ChildProcess = spawn(process.execPath, words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  let signalledAt: number | undefined
  const send = () => {
    signalledAt = performance.now()
    for (const signal of signals) child.kill(signal)
  }
  return new Promise((resolve) => {
    child.stderr?.on('data', (bytes) => {
      const isShown = shows.test(stderr)
      stderr += String(bytes)
      if (!isShown && shows.test(stderr)) setTimeout(send, delayMs)
    })
    child.on('close', (exitCode, signal) => {
      const durationMs = performance.now() - (signalledAt ?? Number.NaN)
      resolve({ exitCode, signal, stderr, durationMs })
    })
  })
}

/** A lake whose mart would take hours. */
async function lakeWithEndlessMart(): Promise<TempLake> {
  const hires = JSON.parse(readFileSync(join(REPOSITORY, 'pipeline_config.json'), 'utf8')) as object
  const sql = 'select sum(hash(a.range + b.range)) as x from range(10000000) a, range(10000000) b, dw.jobs'
  return tempLake({
    config: { ...hires, marts: { endless: { sql: 'endless.sql' } } },
    sql: { 'endless.sql': sql },
    uploads: PARENTS,
  })
}

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  '%s in the middle of a long statement: the run stops, commits nothing, says so and ends with %i',
  async (signal, exitCode) => {
    const lake = await lakeWithEndlessMart()
    const ended = await signalled([DROPLAKE, 'run'], lake.folder, /table loaded.*jobs/, [signal], 500)
    expect(ended).toMatchObject({ exitCode, stderr: expect.stringContaining(BEFORE_COMMIT(signal)) })
    expect(ended.durationMs).toBeLessThan(STOPS_WITHIN_MS)
    expect(await lake.query('select run_id, version, status, error from control.runs')).toEqual([
      ['1', '0', 'interrupted', expect.stringContaining(`RUN_STOPPED: ${signal} stopped the run before its commit`)],
    ])
    expect(await lake.list('workingArea', 'uploads')).toEqual(Object.keys(PARENTS))
    expect((await lake.list('lake')).filter((path) => /staging|parquet/.test(path))).toEqual([])
  },
)

test('a signal while a large upload is read stops the run within five seconds', async () => {
  const row = '1,Ada Lovelace of the first engine,2021-07-01T10:00:00Z,1,1\n'
  const rows = Array.from({ length: 20_000 }, () => row).join('')
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': rows.repeat(200) } })
  const ended = await signalled([DROPLAKE, 'run'], lake.folder, /raw file published.*departments/, ['SIGTERM'], 100)
  expect(ended).toMatchObject({ exitCode: 143, stderr: expect.stringContaining(BEFORE_COMMIT('SIGTERM')) })
  expect(ended.durationMs).toBeLessThan(STOPS_WITHIN_MS)
  expect(await lake.query('select status from control.runs')).toEqual([['interrupted']])
})

test('a second signal ends the run at once, and the next run clears up', async () => {
  const lake = await lakeWithEndlessMart()
  const ended = await signalled([DROPLAKE, 'run'], lake.folder, /table loaded.*jobs/, ['SIGINT', 'SIGTERM'], 500)
  expect(ended.signal).toMatch(/^SIG(INT|TERM)$/)
  expect(ended.stderr).toMatch(
    /error RUN_STOPPED: SIG(INT|TERM): a second signal ended the run where it was; .*\ntry: droplake run\n$/,
  )
  expect(await lake.list('lake', 'history')).toEqual([])
  await lake.drop({ '../../endless.sql': 'select count(*) as n from dw.jobs' })
  await lake.run()
  expect(await lake.query('select status from control.runs order by run_id')).toEqual([['interrupted'], ['committed']])
})

test('a run that cannot be stopped is ended by its signal after four seconds', async () => {
  const file = join((await tempLake()).folder, 'stop-on-signal.mjs')
  await build({ input: join(REPOSITORY, 'cli', 'stop-on-signal.ts'), platform: 'node', output: { file } })
  const script = `const { stopOnSignal } = await import('${pathToFileURL(file).href}'); setInterval(() => {}, 1000); const stopped = stopOnSignal(() => new Promise(() => {})); console.error('at work'); await stopped`
  const ended = await signalled(['--input-type=module', '-e', script], REPOSITORY, /at work/, ['SIGTERM'])
  expect(ended).toMatchObject({
    signal: 'SIGTERM',
    stderr: expect.stringMatching(
      /error RUN_STOPPED: SIGTERM: the run did not stop within 4000 ms and was ended where it was; /,
    ),
  })
  expect(ended.durationMs).toBeGreaterThan(3500)
  expect(ended.durationMs).toBeLessThan(STOPS_WITHIN_MS)
})

test('a stop after the commit keeps the version, says so, and the next run moves the uploads', async () => {
  const expected = await tempLake({ uploads: PARENTS })
  await expected.run()
  const lake = await tempLake({ uploads: PARENTS })
  const controller = new AbortController()
  const timer = setInterval(() => {
    if (existsSync(lake.path('lake', 'history', '000001.duckdb'))) controller.abort(stoppedBy('SIGTERM'))
  }, 0)
  const error = await lake.run({ stop: controller.signal }).catch((thrown: unknown) => thrown)
  clearInterval(timer)
  expect(error).toMatchObject({
    code: 'RUN_STOPPED',
    exitCode: 143,
    message:
      'SIGTERM stopped run 1 after its commit: version 1 is complete and stays; uploads that are not moved yet, and CSVs that are not written yet, are left to the next run',
  })
  expect(await lake.query('select status from control.runs')).toEqual([['committed']])
  expect(await lake.list('workingArea', 'uploads')).not.toEqual([])
  expect((await lake.run()).recovered.finished).toEqual([1])
  expect(await snapshot(lake)).toEqual(await snapshot(expected))
})

test('--wait waits for the run at work, saying once who holds the lake; a stop ends the waiting', async () => {
  const lake = await lakeWithEndlessMart()
  const holder = spawn(process.execPath, [DROPLAKE, 'run'], { cwd: lake.folder, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await new Promise((resolve) => holder.stderr.once('data', resolve))
  const ended = new Promise((resolve) => holder.on('close', resolve))

  const late = await droplake(lake.folder, 'run', '--wait', '300ms')
  expect(late.exitCode).toBe(75)
  expect(late.stderr.match(/another run works on the lake, waiting for it/g)).toHaveLength(1)
  expect(late.stderr).toMatch(
    new RegExp(`waiting for it holder="process ${holder.pid}, run 1 since [^"]+ UTC" waitMs=300\n`),
  )
  expect(late.stderr).toMatch(/error LAKE_BUSY: another run works on .*\(process \d+, run 1 since .* UTC\)\n/)

  const stopped = await signalled([DROPLAKE, 'run', '--wait', '5m'], lake.folder, /waiting for it/, ['SIGINT'])
  expect(stopped).toMatchObject({ exitCode: 130, stderr: expect.stringContaining(BEFORE_COMMIT('SIGINT')) })

  await lake.drop({ '../../endless.sql': 'select count(*) as n from dw.jobs' })
  const waiting = droplake(lake.folder, 'run', '--wait', '30s')
  setTimeout(() => holder.kill('SIGKILL'), 700)
  await ended
  expect(await waiting).toMatchObject({ exitCode: 0 })
  expect(await lake.query('select status from control.runs order by run_id')).toEqual([['interrupted'], ['committed']])
})

test.each(['30', 's', '-1s', '1.5s', '3 days'])('--wait %j is refused with an example', async (wait) => {
  const lake = await tempLake()
  expect(await droplake(lake.folder, 'run', `--wait=${wait}`)).toMatchObject({
    exitCode: 2,
    stderr: `error USAGE: --wait is "${wait}"; expected a whole number and a unit (ms, s, m, h), such as 30s\ntry: droplake run --wait 30s\n`,
  })
})
