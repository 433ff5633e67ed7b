import { join as joinPath } from 'node:path'
import { CONFIG_FILE, type Project } from '../../core/config/load-config.ts'
import type { ColumnConfig, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { literal, sql } from '../../core/sql.ts'
import { compileCheck } from './checks/index.ts'
import { constantValue, describeType } from './typed-value.ts'

/**
 * Hold patterns, bounds, lists and checks against the engine that will judge by them.
 *
 * @throws {DroplakeError} CONFIG_INVALID, a line per fault; before any work
 */
export async function checkRules(engine: Engine, project: Project): Promise<void> {
  const faults: string[] = []
  for (const [name, table] of Object.entries(project.config.tables))
    faults.push(...(await tableFaults(engine, `tables.${name}`, table)))
  if (faults.length === 0) return
  const file = joinPath(project.folder, CONFIG_FILE)
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
  throw new DroplakeError('CONFIG_INVALID', [`${file} has ${count}:`, ...faults].join('\n  '), {
    details: { file, faults },
    hint: 'Correct the file, then: droplake config check',
  })
}

async function tableFaults(engine: Engine, at: string, table: TableConfig): Promise<string[]> {
  const faults: string[] = []
  for (const [name, column] of Object.entries(table.columns))
    faults.push(...(await columnFaults(engine, `${at}.columns.${name}`, column)))
  for (const [index, check] of table.checks.entries()) {
    const result = await compileCheck(engine, table, check, new Date(0))
    if ('fault' in result) faults.push(`${at}.checks[${index}].expression: "${check.expression}": ${result.fault}`)
  }
  return faults
}

async function columnFaults(engine: Engine, at: string, column: ColumnConfig): Promise<string[]> {
  const { pattern, min, max, oneOf } = column
  const faults: string[] = []
  if (pattern !== undefined) faults.push(...(await patternFaults(engine, `${at}.pattern`, pattern)))
  for (const [key, value] of Object.entries({ min, max }))
    if (value !== undefined) faults.push(...(await valueFaults(engine, `${at}.${key}`, value, column)))
  for (const [index, value] of (oneOf ?? []).entries())
    faults.push(...(await valueFaults(engine, `${at}.oneOf[${index}]`, value, column)))
  if (faults.length > 0 || min === undefined || max === undefined) return faults
  const { isEmpty } = await engine.row<{ isEmpty: boolean }>(
    sql`select ${constantValue(min, column)} > ${constantValue(max, column)} as "isEmpty"`,
  )
  return isEmpty ? [`${at}.min: ${min} is greater than max, ${max}; no value is between them.`] : []
}

async function patternFaults(engine: Engine, at: string, pattern: string): Promise<string[]> {
  try {
    await engine.row(sql`select regexp_full_match('', ${literal(pattern)}) as matches`)
    return []
  } catch (error) {
    if (!(error instanceof DroplakeError) || error.code !== 'ENGINE_FAILED') throw error
    return [`${at}: "${pattern}" is no regular expression of RE2: ${error.message.replace(/^[\w ]+ Error: /, '')}.`]
  }
}

async function valueFaults(
  engine: Engine,
  at: string,
  value: string | number,
  column: ColumnConfig,
): Promise<string[]> {
  const { isValue } = await engine.row<{ isValue: boolean }>(
    sql`select ${constantValue(value, column)} is not null as "isValue"`,
  )
  return isValue ? [] : [`${at}: "${value}" is not ${describeType(column)}.`]
}
