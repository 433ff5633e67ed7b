import { DroplakeError } from '../core/errors.ts'

/**
 * A version as people write it: `41`.
 *
 * @throws {DroplakeError} USAGE
 */
export function parseVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new DroplakeError('USAGE', `"${text}" is no number of a version; expected one such as 41`, {
    hint: 'List the versions with: droplake history',
  })
}
