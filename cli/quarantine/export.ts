import { resolve } from 'node:path'
import { exportQuarantine } from '../../pipeline/inbox/export-quarantine.ts'
import { print, projectOf } from '../context.ts'
import { shortPath } from '../short-path.ts'
import { filterOf, type QuarantineFlags } from './flags.ts'

/** `droplake quarantine export employees --to to-fix.csv` */
export async function exportCsv(flags: QuarantineFlags & { readonly table: string }): Promise<number> {
  const path = resolve(flags.to ?? `${flags.table}.quarantine.csv`)
  const isWritten = flags.dryRun !== true
  const { records, rows } = await exportQuarantine(
    projectOf(flags),
    flags.table,
    filterOf(flags),
    isWritten ? path : null,
  )
  print(flags, { table: flags.table, records, path, written: isWritten, rows }, () =>
    isWritten
      ? `${records} open records of ${flags.table} are in ${shortPath(path, process.cwd())}. Correct them and drop the file into uploads.\n`
      : `${records} open records of ${flags.table} would be written to ${shortPath(path, process.cwd())}.\n`,
  )
  return 0
}
