import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { APP } from './app.ts'

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** A `droplake run` in a process of its own, made ready and held before its first step. */
export class Victim {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves too when it ended before it was ready. */
  readonly ready: Promise<unknown>
  #stderr = ''

  /**
   * One thread for file work and one for DuckDB: the calls of a run then come in the same order each time.
   *
   * @param before a program to start it with, such as `['strace', '-f']`
   */
  constructor(
    folder: string,
    { words = ['run'], env = {}, before = [] }: { words?: string[]; env?: NodeJS.ProcessEnv; before?: string[] } = {},
  ) {
    const [program = '', ...rest] = [
      ...before,
      process.execPath,
      join(import.meta.dirname, 'victim.mjs'),
      APP,
      ...words,
    ]
    this.child = spawn(program, rest, {
      cwd: folder,
      env: { ...process.env, UV_THREADPOOL_SIZE: '1', DROPLAKE_THREADS: '1', ...env },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    this.ended = new Promise((resolve) => {
      this.child.on('close', (exitCode, signal) =>
        resolve({ exitCode, signal, stderr: this.#stderr.replace(/^ready\n/, '') }),
      )
    })
    const isReady = new Promise<void>((resolve) => {
      this.child.stderr?.on('data', (bytes) => {
        this.#stderr += String(bytes)
        if (this.#stderr.startsWith('ready\n')) resolve()
      })
    })
    this.ready = Promise.race([isReady, this.ended])
    // A victim that was killed before its word reads no more.
    this.child.stdin?.on('error', () => undefined)
  }

  get processId(): number {
    if (this.child.pid === undefined) throw new Error('the victim did not start')
    return this.child.pid
  }

  go(): void {
    this.child.stdin?.end('!')
  }

  /** Let it run, and kill it after so many milliseconds, unless it has ended by then. */
  async killedAfter(delayMs: number): Promise<Ended> {
    await this.ready
    this.go()
    const timer = setTimeout(() => this.child.kill('SIGKILL'), delayMs)
    const ended = await this.ended
    clearTimeout(timer)
    return ended
  }

  async run(): Promise<Ended> {
    await this.ready
    this.go()
    return this.ended
  }
}
