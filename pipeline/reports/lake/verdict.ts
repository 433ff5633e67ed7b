import type { LakeReport } from './read-lake.ts'
import { count } from './words.ts'

export interface Verdict {
  readonly level: 'healthy' | 'attention' | 'failed'
  /** One or two words. */
  readonly word: string
  readonly sentence: string
}

/** What a person wants to know first. */
export function verdictOf(lake: LakeReport): Verdict {
  const last = lake.runs[0]
  if (last === undefined) return { level: 'healthy', word: 'Empty', sentence: 'No run has taken any file yet.' }
  if (last.status === 'failed' || last.status === 'interrupted') {
    const what = last.status === 'failed' ? 'failed' : 'was stopped'
    return {
      level: 'failed',
      word: `Last run ${what}`,
      sentence: `Run ${last.runId} ${what}; the tables are as version ${lake.version} left them.${last.error === null ? '' : ` ${last.error}`}`,
    }
  }
  const matters = attention(lake)
  const rows = lake.funnels.reduce((sum, funnel) => sum + funnel.rows, 0)
  if (matters.length > 0) return { level: 'attention', word: 'Needs attention', sentence: `${list(matters)}.` }
  return {
    level: 'healthy',
    word: 'Healthy',
    sentence: `${count(rows, 'row')} in ${count(lake.funnels.length, 'table')}, and nothing waits for a person.`,
  }
}

function attention({ quarantine, refusedFiles, drift, arrivals, freshness, marts }: LakeReport): string[] {
  const open = quarantine.reduce((sum, table) => sum + table.open, 0)
  const late = arrivals.filter((arrival) => arrival.isLate)
  const held = marts.filter((mart) => mart.heldBack !== null)
  const stale = freshness.filter((table) => !table.isFresh)
  const unusual = arrivals.filter((arrival) => arrival.isUnusual)
  return [
    ...(open > 0 ? [`${count(open, 'record')} ${open === 1 ? 'waits' : 'wait'} in quarantine`] : []),
    ...(refusedFiles.length > 0 ? [`${count(refusedFiles.length, 'file')} could not be read`] : []),
    ...(late.length > 0 ? [`${count(late.length, 'sender')} ${late.length === 1 ? 'is' : 'are'} late`] : []),
    ...(held.length > 0
      ? [
          `${count(held.length, 'mart')} ${held.length === 1 ? 'is' : 'are'} held back by ${held.length === 1 ? 'its' : 'their'} tests`,
        ]
      : []),
    ...(stale.length > 0
      ? [`${count(stale.length, 'table')} ${stale.length === 1 ? 'is' : 'are'} older than allowed`]
      : []),
    ...(unusual.length > 0 ? [`${count(unusual.length, 'sender')} sent an unusual number of records`] : []),
    ...(drift.length > 0 ? [`${count(drift.length, 'column')} came that no table has`] : []),
  ]
}

function list(parts: readonly string[]): string {
  const [last, ...before] = [...parts].reverse()
  const text = before.length === 0 ? (last ?? '') : `${before.reverse().join(', ')}, and ${last}`
  return text.charAt(0).toUpperCase() + text.slice(1)
}
