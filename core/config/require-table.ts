import { DroplakeError } from '../errors.ts'
import type { Project } from './load-config.ts'
import { didYouMean } from './nearest-name.ts'

/** @throws {DroplakeError} TABLE_NOT_FOUND when the config has no such table */
export function requireTable({ config }: Project, tableName: string): void {
  const names = Object.keys(config.tables)
  if (names.includes(tableName)) return
  throw new DroplakeError(
    'TABLE_NOT_FOUND',
    `there is no table "${tableName}"; expected one of ${names.join(', ')}.${didYouMean(tableName, names)}`,
  )
}
