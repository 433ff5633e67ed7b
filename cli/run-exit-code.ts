import type { RunSummary } from '../pipeline/summary.ts'

/**
 * The exit code of a run that has committed: 1, something after the commit could not be done; 3, a file was refused or a mart
 * held back; else 0.
 */
export function exitCodeOf({ problems, files, marts }: RunSummary): number {
  if (problems.length > 0) return 1
  const isRefused = files.some((file) => file.outcome === 'refused')
  return isRefused || marts.some((mart) => mart.heldBack !== null) ? 3 : 0
}
