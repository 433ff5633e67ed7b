import { resolve } from 'node:path'
import type { Argv } from 'yargs'
import type { Orphans, Restored, RestorePlan } from '../../pipeline/restore/index.ts'
import { type ChangeFlags, changeLake } from '../change-lake.ts'
import { visible } from '../format-table.ts'
import { rowProgress } from '../progress.ts'
import { withWaitOption } from '../wait-option.ts'

export const command = 'restore <table>'
export const describe = 'give a table exactly the rows of a backup, as a new version; marts follow'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .positional('table', { type: 'string', demandOption: true, describe: 'a table of the DW layer' })
    .option('from', {
      type: 'string',
      requiresArg: true,
      describe: 'an Avro file; default: the newest backup of the table',
    })
    .option('as', { type: 'string', requiresArg: true, describe: 'the table that gets the rows; default: the same' })
    .option('quarantine', { type: 'boolean', describe: 'set aside rows that break the contract; default: stop' })
    .option('force', { type: 'boolean', describe: 'go on when rows would refer to nothing' })
    .option('yes', { type: 'boolean', alias: 'y', describe: 'do not ask' })
    .option('dry-run', { type: 'boolean', describe: 'tell what would be done, and do nothing' })

interface RestoreFlags extends ChangeFlags {
  readonly table: string
  readonly from?: string | undefined
  readonly as?: string | undefined
  readonly quarantine?: boolean | undefined
  readonly force?: boolean | undefined
}

export async function handler(flags: RestoreFlags): Promise<number> {
  const { planRestore, restore } = await import('../../pipeline/restore/index.ts')
  const { BackupReader } = await import('../../backup/read-backup.ts')
  const { latestPath } = await import('../../backup/backup-files.ts')
  const { layoutOf } = await import('../../control/layout.ts')
  const { onRows, clear } = rowProgress()
  const request = (folder: string) => ({
    table: flags.table,
    as: flags.as ?? null,
    quarantine: flags.quarantine === true,
    force: flags.force === true,
    openSource: (table: Parameters<typeof BackupReader.open>[1]) =>
      BackupReader.open(flags.from === undefined ? latestPath(folder, flags.table) : resolve(flags.from), table),
    onRows,
  })
  // Whoever is asked, or only looks, wants to know all of it; otherwise rows are looked at once, on their way.
  const isThorough = flags.dryRun === true || flags.yes !== true
  return changeLake(flags, {
    plan: (project) => planRestore(project, request(layoutOf(project).backups), isThorough).finally(clear),
    nothing: () => null,
    describePlan,
    question: `Restore ${flags.as ?? flags.table}?`,
    perform: (project, options) => restore(project, request(layoutOf(project).backups), options).finally(clear),
    describeDone,
  })
}

function describePlan(plan: RestorePlan): string {
  const { backup, rehearsal } = plan
  const from =
    backup === null
      ? 'a file of another program'
      : `${backup.rows} rows of "${backup.table}" in version ${backup.version} of lake "${backup.lake}", backed up ${backup.madeAt.slice(0, 19)}Z`
  return [
    `Table ${plan.table}, now ${plan.rowsNow} rows, gets the rows of ${visible(plan.path)}:`,
    `  ${visible(from)}`,
    plan.hasLineage
      ? '  rows keep the file, line and run that they came from'
      : '  rows come from this file, by the number of their record',
    ...(plan.surplus.length === 0 ? [] : [`  fields without a column, left out: ${visible(plan.surplus.join(', '))}`]),
    ...(plan.missing.length === 0
      ? []
      : [`  columns without a field, left empty: ${visible(plan.missing.join(', '))}`]),
    ...(rehearsal === null ? [] : describeRehearsal(rehearsal)),
  ].join('\n')
}

function describeRehearsal(rehearsal: NonNullable<RestorePlan['rehearsal']>): string[] {
  const rows = rehearsal.parts.reduce((sum, part) => sum + part.rows, 0)
  return [
    `  rows that were read and are good by themselves: ${rows}`,
    ...(rehearsal.refused === 0
      ? []
      : [`  rows that break the contract: ${rehearsal.refused}; line and reason of the first:`]),
    ...rehearsal.reasons.map((reason) => `    ${visible(reason)}`),
    ...[...rehearsal.orphans, ...rehearsal.orphanedChildren].flatMap(describeOrphans),
  ]
}

function describeOrphans({ table, rule, rows, examples }: Orphans): string[] {
  return [
    `  rows of ${table} that would break ${rule}: ${rows}, among them:`,
    ...examples.map((example) => `    ${visible(example)}`),
  ]
}

function describeDone({ table, rows, quarantined, version, runId, heldBack, rehearsal }: Restored): string {
  const orphans = [...rehearsal.orphans, ...rehearsal.orphanedChildren].flatMap(describeOrphans)
  return [
    `Restored: ${table} has ${rows} rows in version ${version} (run ${runId}).${quarantined === 0 ? '' : ` ${quarantined} rows are in quarantine.`}`,
    ...orphans,
    ...heldBack.map((mart) => `Held back, as it was: mart ${visible(mart)}`),
    `To take it back: droplake rollback ${version - 1}`,
  ].join('\n')
}
