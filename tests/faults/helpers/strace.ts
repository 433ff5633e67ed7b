import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Ended, Victim } from './victim.ts'

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

/** Why the suites that need strace cannot run here; null when they can. */
export function straceMissing(): string | null {
  const { status } = spawnSync('strace', ['-e', 'trace=none', 'true'])
  return status === 0 ? null : 'strace cannot trace a process here'
}

/** The n-th call of this name on its thread. */
export interface Call {
  readonly name: string
  readonly number: number
  /** Its path or paths, and the like, as strace prints them. */
  readonly text: string
}

/** Run a victim with a tracer on all its threads. */
export async function traced(victim: Victim, flags: readonly string[]): Promise<Ended> {
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

/** The durable calls of an undisturbed run below a folder, in their order. */
export async function listCalls(victim: Victim, folder: string, traceFile: string): Promise<Call[]> {
  const names = DURABLE_CALLS.map((name) => `?${name}`).join(',')
  const { exitCode, stderr } = await traced(victim, ['-y', '-o', traceFile, '-e', `trace=${names}`, '-s', '0'])
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`the run that is traced failed: ${stderr}`)
  const counts = new Map<string, number>()
  const calls: Call[] = []
  for (const line of readFileSync(traceFile, 'utf8').split('\n')) {
    const [, thread, name = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? []
    if (thread === undefined) continue
    const number = (counts.get(`${thread} ${name}`) ?? 0) + 1
    counts.set(`${thread} ${name}`, number)
    const isReadOnly = name === 'openat' && !/O_(WRONLY|RDWR|CREAT)/.test(rest)
    if (rest.includes(folder) && !isReadOnly) calls.push({ name, number, text: rest.slice(0, 300) })
  }
  return calls
}

/** What is told apart by `-e inject=…:when=n`, which counts on each thread: calls of one name and number are one point. */
export function distinctCalls(calls: readonly Call[]): Call[] {
  return [...new Map(calls.map((call) => [`${call.name} ${call.number}`, call])).values()]
}
