import { userInfo } from 'node:os'

/** Who runs droplake, as the system knows them. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container's user may have a number and no name.
    return String(process.getuid?.() ?? 'unknown')
  }
}
