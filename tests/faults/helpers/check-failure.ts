import type { Ended } from './victim.ts'

/**
 * A run that a refusing disk stopped ends by itself, not with 0, and tells what was refused.
 *
 * @returns a sentence per violation
 */
export function checkFailure({ exitCode, signal, stderr }: Ended): string[] {
  const toldAsError = /^error STORAGE_FAILED: the file system refused: .+\ntry: .+/m.test(stderr)
  // After the commit it is told as a thing that is left to the next run, and the run ends with 1.
  const toldAsProblem = /(delivery failed|reports? not written), the next run tries again/.test(stderr)
  return [
    ...(signal === null ? [] : [`the run died of ${signal}: ${stderr}`]),
    ...(exitCode === 1 ? [] : [`the run ended with ${exitCode}: ${stderr}`]),
    ...(toldAsError || toldAsProblem ? [] : [`the run does not tell what was refused: ${stderr}`]),
  ]
}
