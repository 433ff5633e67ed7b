import { DroplakeError, type ErrorExtras } from '../../core/errors.ts'

/** @param why to follow "cannot be told" */
export function notTraceable(martName: string, why: string, extras: ErrorExtras = {}): DroplakeError {
  return new DroplakeError('MART_NOT_TRACEABLE', `the rows behind app.${martName} cannot be told: ${why}`, {
    hint: `Name a file with a SELECT of the rows behind in marts.${martName}.trace (docs/trace.md).`,
    ...extras,
  })
}
