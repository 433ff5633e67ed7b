import { isSystemError } from './errors.ts'

/** Whether there is a process of this number on this machine, whoever's it is. */
export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return !isSystemError(error, 'ESRCH')
  }
}
