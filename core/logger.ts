import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { isSystemError } from './errors.ts'

export type Logger = pino.Logger
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Anything that takes text: `process.stderr`, or a list in a test. */
export interface TextSink {
  write(text: string): unknown
}

export interface LoggerOptions {
  /** Folder of the JSON lines; a file per day (UTC). */
  readonly folder: string
  readonly now: Date
  readonly terminal: TextSink
  /** The least level that the terminal shows; the file has everything from `debug` up. */
  readonly terminalLevel: LogLevel
}

/** Log events as JSON lines to a file, and shortened to the terminal. Both are written at once: nothing is lost in a crash. */
export function openLogger(options: LoggerOptions): Logger {
  makeFolder(options.folder)
  const path = join(options.folder, `${options.now.toISOString().slice(0, 10)}.jsonl`)
  const file = pino.destination({ dest: path, sync: true })
  const terminal = { write: (line: string) => options.terminal.write(shorten(JSON.parse(line))) }
  return pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream([
      { level: 'debug', stream: file },
      { level: options.terminalLevel, stream: terminal },
    ]),
  )
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    // As in durable-files.ts: Node 20 tells ENOENT where the file system is read-only, and a plain mkdir the true cause.
    if (isSystemError(error, 'ENOENT')) mkdirSync(folder)
    throw error
  }
}

/** A logger that says nothing, for callers that have no lake to log to. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}

/** `12:30:01 warn  upload refused file=x.csv code=UPLOAD_EMPTY` */
function shorten(event: Record<string, unknown>): string {
  const { level, time, msg, err, ...fields } = event
  const clock = String(time).slice(11, 19)
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${shortValue(value)}`)
  const [cause] = err === undefined ? [] : [String((err as { message?: string }).message).split('\n', 1)[0] ?? '']
  return `${[clock, String(level).padEnd(5), msg, ...pairs, ...(cause === undefined ? [] : [`err=${shortValue(cause.slice(0, 160))}`])].join(' ')}\n`
}

function shortValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /\s/.test(text) ? JSON.stringify(text) : text
}
