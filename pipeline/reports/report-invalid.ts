import { DroplakeError } from '../../core/errors.ts'

/** The config shows a mart by columns that it does not have. @param faults a sentence each */
export function reportInvalid(faults: readonly string[]): DroplakeError {
  return new DroplakeError('REPORT_INVALID', faults.join('\n  '), {
    details: { faults },
    hint: 'Correct "report" in pipeline_config.json, then: droplake config check',
  })
}
