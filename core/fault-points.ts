import { constants } from 'node:os'
import { DroplakeError } from './errors.ts'

/** The calls of `durable-files.ts` at which a fault can be made to happen: for tests where no tool injects faults from outside. */
export const FAULT_POINTS = [
  'syncFile',
  'syncFolder',
  'publishFile',
  'linkFile',
  'writeTextFile',
  'copyToNewFile',
  'moveFile',
  'removePath',
  'ensureFolder',
] as const

export type FaultPoint = (typeof FAULT_POINTS)[number]

const VARIABLE = 'DROPLAKE_FAULT'
const KINDS = ['kill', 'enospc', 'eio'] as const
const MESSAGES = { enospc: 'no space left on device', eio: 'i/o error' } as const

interface Fault {
  readonly point: FaultPoint
  readonly kind: (typeof KINDS)[number]
  callsLeft: number
}

let armed: Fault | undefined

/**
 * Arm the fault that `DROPLAKE_FAULT=<point>:<n>:kill|enospc|eio` names: the n-th call of that point in this process kills
 * the process, or fails like a full or a broken disk, before it does anything. Unset, nothing is armed.
 *
 * @throws {DroplakeError} USAGE
 */
export function armFault(env: NodeJS.ProcessEnv): void {
  const text = env[VARIABLE]
  armed = text === undefined || text === '' ? undefined : parseFault(text)
}

/** Called first by each durable call. */
export function passFaultPoint(point: FaultPoint, path: string): void {
  if (armed === undefined || armed.point !== point || --armed.callsLeft !== 0) return
  const { kind } = armed
  if (kind === 'kill') process.kill(process.pid, 'SIGKILL')
  else throw systemError(kind, point, path)
}

function parseFault(text: string): Fault {
  const [point, number, kind, ...rest] = text.split(':')
  const fault = { point: FAULT_POINTS.find((name) => name === point), kind: KINDS.find((name) => name === kind) }
  if (fault.point === undefined) {
    throw new DroplakeError(
      'USAGE',
      `${VARIABLE} is "${text}": there is no fault point "${point}"; known are ${FAULT_POINTS.join(', ')}`,
    )
  }
  if (!/^[1-9]\d{0,8}$/.test(number ?? '') || fault.kind === undefined || rest.length > 0) {
    throw new DroplakeError(
      'USAGE',
      `${VARIABLE} is "${text}"; expected <point>:<n>:${KINDS.join('|')}, such as syncFile:3:kill`,
    )
  }
  return { point: fault.point, kind: fault.kind, callsLeft: Number(number) }
}

/** As Node.js throws it, so that it is told and handled like the real one. */
function systemError(kind: keyof typeof MESSAGES, point: FaultPoint, path: string): NodeJS.ErrnoException {
  const code = kind.toUpperCase() as 'ENOSPC' | 'EIO'
  const error: NodeJS.ErrnoException = new Error(`${code}: ${MESSAGES[kind]}, ${point} '${path}'`)
  return Object.assign(error, { code, errno: -constants.errno[code], syscall: point, path })
}
