import type { Argv } from 'yargs'
import type { Finding, VerifyReport } from '../../control/verify/index.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { formatTable, visible } from '../format-table.ts'

export const command = 'verify'
export const describe = 'look whether the lake is whole; changes nothing, also while a run is at work'
export const builder = (parser: Argv) =>
  parser.option('deep', {
    type: 'boolean',
    default: false,
    describe: 'read all data, too: SHA-256, views, what tables promise of their rows, and every mart computed again',
  })

/** Exit code 1 says that something was found. */
export async function handler(flags: GlobalFlags & { readonly deep: boolean }): Promise<number> {
  const { verify } = await import('../../pipeline/verify/index.ts')
  const { versionsText } = await import('../../control/verify/index.ts')
  const report = await verify(projectOf(flags), { deep: flags.deep })
  print(flags, report, () => formatReport(report, versionsText))
  return report.findings.length === 0 ? 0 : 1
}

type VersionsText = (versions: Finding['versions']) => string

function formatReport(report: VerifyReport, versionsText: VersionsText): string {
  const { findings, checks, lake, version } = report
  const rows = checks.map(({ check, examined, findings: found }) => [check, examined, found.length])
  const notes = checks.flatMap((check) => check.notes ?? []).map((note) => `note: ${visible(note)}\n`)
  return [
    findings.map((finding) => findingLine(finding, versionsText)).join(''),
    formatTable(['check', 'looked at', 'findings'], rows),
    notes.join(''),
    `${lake}, version ${version}: ${verdict(report)}\n${nextStep(findings)}`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

/** `checksums: dw/employees/000004.parquet (versions 4 to 7): its bytes have …` */
function findingLine({ check, file, versions, message }: Finding, versionsText: VersionsText): string {
  const range = versions.length === 0 ? '' : `(${versionsText(versions)})`
  const where = [file, range].filter(Boolean).join(' ')
  return `${visible([check, where, message].filter(Boolean).join(': '))}\n`
}

function verdict({ findings, deep }: VerifyReport): string {
  if (findings.length > 0) return `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`
  return deep ? 'whole.' : 'whole, as far as the ledger tells; --deep reads all data, too.'
}

function nextStep(findings: readonly Finding[]): string {
  const remedies = new Set(findings.map((finding) => finding.remedy))
  return [
    ...(remedies.has('run') ? ['The next droplake run mends what a run that was cut short left.\n'] : []),
    ...(remedies.has('repair') ? ['What can be made again: droplake repair --dry-run\n'] : []),
    ...(remedies.has(null) ? ['The others need a person: docs/recovery.md\n'] : []),
  ].join('')
}
