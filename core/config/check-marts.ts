import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config, MartConfig, MartTestsConfig } from './schema.ts'

/** Whether a test of a mart is a file, not a condition. */
export function isSqlFile(test: string): boolean {
  return /\.sql$/i.test(test.trim())
}

/** What the config alone tells of the marts: files that are not there, tests that cannot hold. */
export function checkMarts(config: Config, projectFolder: string): string[] {
  return Object.entries(config.marts).flatMap(([name, mart]) => [
    ...missingFiles(name, mart, projectFolder),
    ...(mart.tests === undefined ? [] : testFaults(`marts.${name}.tests`, mart.tests)),
  ])
}

function missingFiles(martName: string, mart: MartConfig, projectFolder: string): string[] {
  const tests = Object.entries(mart.tests?.sql ?? {}).filter(([, test]) => isSqlFile(test))
  return [['sql', mart.sql] as const, ...tests.map(([name, path]) => [`tests.sql.${name}`, path] as const)]
    .filter(([, path]) => !existsSync(resolve(projectFolder, path)))
    .map(([place, path]) => `marts.${martName}.${place}: there is no file "${path}" in ${projectFolder}.`)
}

function testFaults(at: string, { unique, notNull, rowCount }: MartTestsConfig): string[] {
  const twice = (place: string, columns: readonly string[] = []) =>
    columns
      .filter((column, index) => columns.indexOf(column) !== index)
      .map((column) => `${at}.${place}: "${column}" stands twice.`)
  return [...twice('unique', unique), ...twice('notNull', notNull), ...rowCountFaults(`${at}.rowCount`, rowCount)]
}

function rowCountFaults(at: string, rowCount: MartTestsConfig['rowCount']): string[] {
  if (rowCount === undefined) return []
  const { min, max } = rowCount
  if (min === undefined && max === undefined) return [`${at}: it has neither "min" nor "max"; expected one of them.`]
  return min !== undefined && max !== undefined && min > max
    ? [`${at}: "min" is ${min} and "max" ${max}; no number of rows is both.`]
    : []
}
