import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { FaultLake } from './fault-lake.ts'
import { type Ended, Victim } from './victim.ts'

/** The calls that change what is on disk. `openat` counts where it opens for writing. */
export const DURABLE_CALLS = [
  'write',
  'pwrite64',
  'writev',
  'pwritev',
  'ftruncate',
  'fallocate',
  'copy_file_range',
  'sendfile',
  'fsync',
  'fdatasync',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'symlink',
  'unlink',
  'unlinkat',
  'mkdir',
  'mkdirat',
  'rmdir',
  'openat',
] as const

/** For names of tests: why those that need strace cannot run here; null when they can. */
export function straceMissing(): string | null {
  const { status } = spawnSync('strace', ['-e', 'trace=none', 'true'])
  return status === 0 ? null : ' (skipped: strace cannot trace a process here)'
}

/** The n-th call of this name on its thread. */
export interface Call {
  readonly name: string
  readonly number: number
  /** For calls on an open file: its path, and the how many-th call of this name on that path and thread it is. */
  readonly file: { readonly path: string; readonly number: number } | null
  /** Its path or paths, and the like, as strace prints them. */
  readonly text: string
}

/** Run a victim with a tracer put on it when it is ready: the program's start, with hundreds of opens, is not counted. */
export async function attachAndRun(victim: Victim, flags: readonly string[]): Promise<Ended> {
  await victim.ready
  const tracer = spawn('strace', ['-f', '-p', String(victim.processId), ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => tracer.on('close', resolve))
  await new Promise<void>((resolve, reject) => {
    let text = ''
    tracer.stderr.on('data', (bytes) => {
      text += String(bytes)
      if (/attached/.test(text)) resolve()
    })
    tracer.on('close', () => reject(new Error(`strace could not attach: ${text}`)))
  })
  victim.go()
  const result = await victim.ended
  await ended
  return result
}

/**
 * The durable calls of an undisturbed run below a folder. Each number counts the calls of one name on one thread, as
 * `-e inject=…:when=n` does; calls of one name and number are one point.
 *
 * @param prepare makes the lake ready for the run
 * @returns in their order
 */
export async function listCalls(lake: FaultLake, prepare: () => unknown = () => lake.restore()): Promise<Call[]> {
  await prepare()
  const [traceFile, names] = [lake.beside('trace'), DURABLE_CALLS.map((name) => `?${name}`).join(',')]
  const flags = ['-y', '-o', traceFile, '-e', `trace=${names}`, '-s', '0']
  const { exitCode, stderr } = await attachAndRun(new Victim(lake.folder), flags)
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`the run that is traced failed: ${stderr}`)
  const calls = parseTrace(readFileSync(traceFile, 'utf8'), lake.folder)
  return [...new Map(calls.map((call) => [`${call.name} ${call.number}`, call])).values()]
}

/** The place of the commit in a list of calls: the rename that gives a catalog its name in the history. */
export function commitPoint(calls: readonly Call[]): number {
  return calls.findIndex((call) => call.name === 'rename' && /history\/\d{6}\.duckdb"\)/.test(call.text))
}

/** Kill a victim right before a call takes effect. */
export function runKilledAt(lake: FaultLake, call: Call): Promise<Ended> {
  const inject = `inject=${call.name}:signal=KILL:when=${call.number}`
  return attachAndRun(new Victim(lake.folder), ['-o', '/dev/null', '-e', `trace=${call.name}`, '-e', inject])
}

/**
 * Run a victim whose call fails, and with `always` each one after it.
 * A call on an open file fails for that file alone: a failed write to the event loop's own pipes would abort Node.
 */
export function runWithError(
  lake: FaultLake,
  { name, number, file }: Call,
  error: string,
  always: boolean,
): Promise<Ended> {
  const when = `${file?.number ?? number}${always ? '+' : ''}`
  const only = file === null ? [] : ['-P', file.path]
  const flags = ['-o', '/dev/null', ...only, '-e', `trace=${name}`, '-e', `inject=${name}:error=${error}:when=${when}`]
  if (name === 'openat') return attachAndRun(new Victim(lake.folder), flags)
  // Twice as fast, for it stops at no other calls; strace 6.1 sends no signals then (seen 2026-11).
  return new Victim(lake.folder, { before: ['strace', '-f', '--seccomp-bpf', ...flags] }).run()
}

function parseTrace(text: string, folder: string): Call[] {
  const counts = new Map<string, number>()
  const calls: Call[] = []
  for (const line of text.split('\n')) {
    const [, thread, name = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? []
    if (thread === undefined) continue
    const count = (key: string) => {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return counts.get(key) ?? 0
    }
    const number = count(`${thread} ${name}`)
    const path = /^\d+<([^>]+)>/.exec(rest)?.[1]
    const file = path === undefined ? null : { path, number: count(`${thread} ${name} ${path}`) }
    const isReadOnly = name === 'openat' && !/O_(WRONLY|RDWR|CREAT)/.test(rest)
    if (rest.includes(folder) && !isReadOnly) calls.push({ name, number, file, text: rest.slice(0, 300) })
  }
  return calls
}
