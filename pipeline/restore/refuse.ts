import type { BackupSource } from '../../control/row-source.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'
import type { Rehearsal } from './rehearse.ts'
import type { RestoreRequest } from './request.ts'
import { fits } from './source-values.ts'

/** @throws {DroplakeError} BACKUP_DOES_NOT_FIT, with a line for each fault */
export function refuseMisfit(tableName: string, table: TableConfig, source: BackupSource): void {
  const faults = [
    ...source.missing
      .filter((name) => table.columns[name]?.required !== false)
      .map((name) => `column "${name}" is mandatory, and the file has no field of that name`),
    ...source.unreadable.map((name) => `field "${name}" has a type that no column can have`),
    ...source.columns.flatMap((column) => {
      const config = table.columns[column.name]
      if (config === undefined || fits(column, config)) return []
      return [`field "${column.name}" holds ${column.type}; the column is ${config.type}`]
    }),
  ]
  if (faults.length === 0) return
  throw new DroplakeError(
    'BACKUP_DOES_NOT_FIT',
    [`"${source.path}" does not fit table "${tableName}":`, ...faults].join('\n  '),
    { details: { faults }, hint: 'Correct the columns in pipeline_config.json, or name another file with --from.' },
  )
}

/** @throws {DroplakeError} RESTORE_REFUSED */
export function refuseRows(
  source: BackupSource,
  { refused, reasons, ...rehearsal }: Rehearsal,
  request: RestoreRequest,
): void {
  if (refused > 0 && !request.quarantine)
    throw new DroplakeError(
      'RESTORE_REFUSED',
      [`${refused} rows of "${source.path}" break the contract; line and reason of the first:`, ...reasons].join(
        '\n  ',
      ),
      {
        details: { refused, reasons },
        hint: 'Nothing was changed. Restore the others with --quarantine, which sets these aside.',
      },
    )
  const orphans = [...rehearsal.orphans, ...rehearsal.orphanedChildren]
  if (orphans.length === 0 || request.force) return
  const lines = orphans.flatMap(({ table, rule, rows, examples }) => [
    `${rows} rows of "${table}" would break ${rule}:`,
    ...examples.map((example) => `  ${example}`),
  ])
  throw new DroplakeError('RESTORE_REFUSED', ['rows would refer to nothing:', ...lines].join('\n  '), {
    details: { orphans },
    hint: 'Nothing was changed. Restore the other table first, or go on with --force.',
  })
}
