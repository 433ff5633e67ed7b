import { DroplakeError } from '../core/errors.ts'

/** The value of `--limit`. @throws {DroplakeError} USAGE when it is no whole number above 0 */
export function rowLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit
  throw new DroplakeError('USAGE', `--limit: found "${limit}"; expected a number of rows, 1 or more`, {
    hint: 'For example: --limit 100',
  })
}
