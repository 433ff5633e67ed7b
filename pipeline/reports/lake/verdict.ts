import { type Html, html } from '../html.ts'
import type { LakeReport } from './read-lake.ts'
import { count } from './words.ts'

export interface Verdict {
  readonly level: 'empty' | 'healthy' | 'attention' | 'failed'
  /** One or two words. */
  readonly word: string
  /** With links to the sections that say more. */
  readonly sentence: Html
}

/** What a person wants to know first. */
export function verdictOf(lake: LakeReport): Verdict {
  const last = lake.runs[0]
  if (last?.status === 'failed' || last?.status === 'interrupted') {
    const what = last.status === 'failed' ? 'failed' : 'was stopped'
    return {
      level: 'failed',
      word: `Last run ${what}`,
      sentence: html`Run ${last.runId} ${what}; the tables are as version ${lake.version} left them.${last.error === null ? '' : ` ${last.error}`}`,
    }
  }
  const matters = attention(lake)
  const rows = lake.funnels.reduce((sum, funnel) => sum + funnel.rows, 0)
  if (matters.length > 0) return { level: 'attention', word: 'Needs attention', sentence: html`${list(matters)}.` }
  if (lake.funnels.every((funnel) => funnel.records === 0 && funnel.rows === 0))
    return {
      level: 'empty',
      word: 'Empty',
      sentence: html`No record has been read yet: drop files into uploads, and run droplake.`,
    }
  return {
    level: 'healthy',
    word: 'Healthy',
    sentence: html`${count(rows, 'row')} in ${count(lake.funnels.length, 'table')}, and nothing waits for a person.`,
  }
}

/** Something that a person should look at: a number, what is wrong, and the section of the index that tells more. */
interface Matter {
  readonly number: number
  readonly text: string
  readonly section: string
}

function attention({ quarantine, refusedFiles, drift, arrivals, freshness, marts }: LakeReport): Matter[] {
  const open = quarantine.reduce((sum, table) => sum + table.open, 0)
  const late = arrivals.filter((arrival) => arrival.isLate).length
  const held = marts.filter((mart) => mart.heldBack !== null).length
  const stale = freshness.filter((table) => !table.isFresh).length
  const unusual = arrivals.filter((arrival) => arrival.isUnusual).length
  const be = (number: number) => (number === 1 ? 'is' : 'are')
  const matters = [
    {
      number: open,
      text: `${count(open, 'record')} ${open === 1 ? 'waits' : 'wait'} in quarantine`,
      section: 'quarantine',
    },
    {
      number: refusedFiles.length,
      text: `${count(refusedFiles.length, 'file')} could not be read`,
      section: 'quarantine',
    },
    { number: late, text: `${count(late, 'sender')} ${be(late)} late`, section: 'arrivals' },
    {
      number: held,
      text: `${count(held, 'mart')} ${be(held)} held back by ${held === 1 ? 'its' : 'their'} tests`,
      section: 'marts',
    },
    { number: stale, text: `${count(stale, 'table')} ${be(stale)} older than allowed`, section: 'arrivals' },
    { number: unusual, text: `${count(unusual, 'sender')} sent an unusual number of records`, section: 'arrivals' },
    { number: drift.length, text: `${count(drift.length, 'column')} came that no table has`, section: 'drift' },
  ]
  return matters.filter(({ number }) => number > 0)
}

/** `308 records wait in quarantine, 2 files could not be read, and 1 sender is late` */
function list(matters: readonly Matter[]): Html[] {
  return matters.map(({ text, section }, index) => {
    const before = index === 0 ? '' : index === matters.length - 1 ? ', and ' : ', '
    return html`${before}<a href="#${section}">${text}</a>`
  })
}
