import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { didYouMean } from './nearest-name.ts'
import type { Config, MartConfig, MartTestsConfig } from './schema.ts'

/** Whether a test of a mart is a file, not a condition. */
export function isSqlFile(test: string): boolean {
  return /\.sql$/i.test(test.trim())
}

/** What the config alone tells of the marts: files that are not there, tests that cannot hold. */
export function checkMarts(config: Config, projectFolder: string): string[] {
  const faults = Object.entries(config.marts).flatMap(([name, mart]) => [
    ...missingFiles(name, mart, projectFolder),
    ...(mart.tests === undefined ? [] : testFaults(`marts.${name}.tests`, mart.tests)),
  ])
  return [...faults, ...checkReports(config)]
}

function missingFiles(martName: string, mart: MartConfig, projectFolder: string): string[] {
  const tests = Object.entries(mart.tests?.sql ?? {}).filter(([, test]) => isSqlFile(test))
  const trace = mart.trace === undefined ? [] : [['trace', mart.trace] as const]
  return [['sql', mart.sql] as const, ...trace, ...tests.map(([name, path]) => [`tests.sql.${name}`, path] as const)]
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

function checkReports({ marts }: Config): string[] {
  const names = Object.keys(marts)
  return [
    ...names
      .filter((name) => name.toLowerCase() === 'index')
      .map((name) => `marts.${name}: the name is taken by reports/index.html; give the mart another one.`),
    ...Object.entries(marts).flatMap(([name, { report }]) => {
      const other = report?.comparison?.mart
      if (other === undefined || (other !== name && names.includes(other))) return []
      const what = other === name ? `"${other}" is this mart itself` : `there is no mart "${other}"`
      return [
        `marts.${name}.report.comparison.mart: ${what}.${didYouMean(
          other,
          names.filter((one) => one !== name),
        )}`,
      ]
    }),
  ]
}
