import type { Argv } from 'yargs'
import type { PlannedFile, PlannedMart, RunPlan } from '../../pipeline/plan/index.ts'
import type { TableSummary } from '../../pipeline/summary.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { failedTestLines, leftOut } from '../format-summary.ts'
import { formatTable, visible } from '../format-table.ts'
import { progressLine } from '../progress.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { Terminal } from '../terminal.ts'

export const command = 'plan'
export const describe = 'what a run would do with the uploads that are there; nothing is written'
export const builder = (parser: Argv) => parser

/** Exit code 3 says that the run would refuse a file, or hold back a mart. */
export async function handler(flags: GlobalFlags): Promise<number> {
  const { planRun } = await import('../../pipeline/plan/index.ts')
  const { silentLogger } = await import('../../core/logger.ts')
  const project = projectOf(flags)
  const terminal = new Terminal(process.stderr)
  const onProgress = progressLine(terminal, () => performance.now())
  const options = { log: silentLogger(), clock: () => new Date(), onProgress }
  const plan = await stopOnSignal((stop) => planRun(project, { ...options, stop })).finally(() =>
    terminal.clearStatus(),
  )
  print(flags, plan, () => formatPlan(plan))
  const isHeld = plan.marts.some((mart) => mart.heldBack !== null)
  return isHeld || plan.files.some((file) => file.outcome === 'refused') ? 3 : 0
}

function formatPlan(plan: RunPlan): string {
  const isAnyReleased = plan.tables.some(({ released }) => released > 0)
  const marts = plan.marts.filter((mart) => mart.isNew || mart.heldBack !== null)
  if (plan.files.length === 0 && plan.waiting.length === 0 && !isAnyReleased)
    return ['There is nothing in uploads: a run would load nothing.\n', ...marts.map(formatMart)].join('')
  const rows = plan.tables.map(({ table, records, loaded, updated, quarantined, unchanged, rows: after }) => [
    table,
    records,
    loaded,
    updated,
    quarantined,
    unchanged,
    after,
  ])
  return [
    `Run ${plan.runId} would do this; nothing was written.\n`,
    formatTable(['table', 'read', 'loaded', 'updated', 'quarantined', 'unchanged', 'rows then'], rows, {
      counts: true,
    }),
    ...plan.tables.filter(({ released, stillQuarantined }) => released + stillQuarantined > 0).map(formatReleased),
    ...plan.tables.map(leftOut).filter(Boolean),
    ...plan.files.map(formatFile),
    ...(marts.length === 0 ? [] : [marts.map(formatMart).join('')]),
    ...plan.waiting.map((name) => `${visible(name)}: is still being written; a run would leave it\n`),
  ].join('\n')
}

function formatMart({ mart, rows, heldBack, failedTests }: PlannedMart): string {
  const name = `app.${mart}`
  const stays = rows === null ? 'there is none before it' : 'the one before it would stay'
  const lines =
    heldBack === null
      ? [`${name}: would be made anew, ${(rows ?? 0).toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`]
      : [`${name}: its new version would be held back, ${stays} — ${heldBack.reason}`, ...failedTestLines(failedTests)]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

/** What would come out of quarantine, and what would stay of that which is tried again. */
export function formatReleased({ table, released, stillQuarantined }: TableSummary): string {
  const count = (number: number) => number.toLocaleString('en-US')
  return `${visible(table)}: ${count(released)} would come out of quarantine, ${count(stillQuarantined)} would stay there\n`
}

function formatFile(file: PlannedFile): string {
  const name = visible(file.file)
  switch (file.outcome) {
    case 'refused':
      return `${name}: would be refused — ${visible(file.reason ?? '')}\n${file.hint === null ? '' : `  try: ${visible(file.hint)}\n`}`
    case 'duplicate':
      return `${name}: duplicate of ${visible(file.duplicateOf?.file ?? '')} of run ${file.duplicateOf?.runId}; nothing would be loaded\n`
    default:
      return [
        `${name}: ${file.isCorrection ? 'corrects' : 'to'} ${visible(file.table ?? '')}, ${countsText(file)}\n`,
        `  ${dialectText(file)}\n`,
        ...driftLines(file).map((line) => `  ${visible(line)}\n`),
        ...file.rules.map(
          ({ rule, records }) => `  ${records.toLocaleString('en-US').padStart(7)}  ${visible(rule)}\n`,
        ),
      ].join('')
  }
}

function countsText({ records, loaded, updated, unchanged, quarantined }: PlannedFile): string {
  const count = (number: number, what: string) => (number === 0 ? [] : [`${number.toLocaleString('en-US')} ${what}`])
  const parts = [
    ...count(loaded, 'good'),
    ...count(updated, 'updated'),
    ...count(unchanged, 'unchanged'),
    ...count(quarantined, 'to quarantine'),
  ]
  return `${records.toLocaleString('en-US')} ${records === 1 ? 'record' : 'records'}: ${parts.length === 0 ? 'none' : parts.join(', ')}`
}

function dialectText({ dialect }: PlannedFile): string {
  if (dialect === null) return 'not read'
  const packed = dialect.compression === 'none' ? '' : `${dialect.compression}, `
  if (dialect.format !== 'csv') return `${packed}JSON lines`
  const { delimiter, quote, escape: escaping, hasHeader, encoding } = dialect
  const marks = [
    `delimiter ${delimiter === '\t' ? 'tab' : `"${delimiter}"`}`,
    quote === '' ? 'no quotes' : `quote ${quote}`,
    ...(escaping === 'backslash' ? ['backslash escapes'] : []),
    hasHeader ? 'header' : 'no header',
    encoding,
  ]
  return `${packed}CSV: ${marks.join(', ')}`
}

function driftLines({ drift }: PlannedFile): string[] {
  if (drift === null) return []
  const { extra, missing, renamed } = drift
  return [
    ...(extra.length === 0 ? [] : [`columns that the table does not have: ${extra.join(', ')}`]),
    ...(missing.length === 0 ? [] : [`columns that are missing: ${missing.join(', ')}`]),
    ...(renamed.length === 0
      ? []
      : [`columns by other names: ${renamed.map(({ found, column }) => `${found} → ${column}`).join(', ')}`]),
  ]
}
