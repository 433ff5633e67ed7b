import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'
import type { KnownUploads } from './account.ts'

/** The table that gets rows, and what those get whose origin nobody knows. */
export interface Target {
  readonly tableName: string
  /** Its contract; that of the table whose backup it is, when the config does not have it. */
  readonly table: TableConfig
  readonly fileId: string
  readonly fileName: string
  readonly runId: number
  /** As the source says; null when it does not. */
  readonly totalRows: number | null
  readonly uploads: KnownUploads
}

/**
 * The table to restore into, and its contract.
 *
 * @throws {DroplakeError} TABLE_NOT_FOUND, USAGE
 */
export function targetTable(
  project: Project,
  tableName: string,
  as: string | null,
): { name: string; table: TableConfig } {
  const { tables, marts } = project.config
  const name = as ?? tableName
  const table = Object.hasOwn(tables, name)
    ? tables[name]
    : Object.hasOwn(tables, tableName)
      ? tables[tableName]
      : undefined
  if (table === undefined)
    throw new DroplakeError(
      'TABLE_NOT_FOUND',
      `pipeline_config.json has no table "${tableName}".${didYouMean(tableName, Object.keys(tables))}`,
      { hint: 'Name a table of the config; --as gives its rows to another one.' },
    )
  const same = [...Object.keys(tables), ...Object.keys(marts)].find(
    (other) => other.toLowerCase() === name.toLowerCase(),
  )
  if (same !== undefined && (same !== name || Object.hasOwn(marts, name)))
    throw new DroplakeError('USAGE', `--as "${name}" is taken by "${same}" of the config; choose another name`)
  if (!/^[A-Za-z0-9]\w{0,99}$/.test(name) && !Object.hasOwn(tables, name))
    throw new DroplakeError('USAGE', `--as "${name}" is no name for a table; expected letters, digits and "_"`)
  return { name, table }
}
