import type { CheckResult, Finding } from '../../../control/verify/index.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { findDamagedFile, type LakeRows, type LakeTable } from './lake-tables.ts'
import { findTypeFaults } from './type-faults.ts'

type TableFindings = Pick<CheckResult, 'findings' | 'notes'>

/**
 * Perform a check for each table. Where a data file is damaged, or has another type than the contract, rows would be blamed for
 * what their file is: the table is passed over then, with a note.
 */
export async function perTable(
  rows: LakeRows,
  tables: readonly LakeTable[],
  check: (table: LakeTable) => Promise<TableFindings>,
): Promise<CheckResult> {
  const findings: Finding[] = []
  const notes: string[] = []
  let examined = 0
  for (const table of tables) {
    const result = await check(table).catch((error: unknown) => {
      if (error instanceof DroplakeError) return error
      throw error
    })
    if (!(result instanceof DroplakeError) && result.findings.length === 0) {
      notes.push(...(result.notes ?? []).map((note) => `not checked: ${note}`))
      examined++
      continue
    }
    const blamed = await findBlamedFile(rows, table, tables)
    if (blamed !== null) {
      notes.push(`not checked: dw.${table.tableName}, because ${blamed}`)
      continue
    }
    if (result instanceof DroplakeError) throw result
    findings.push(...result.findings)
    notes.push(...(result.notes ?? []).map((note) => `not checked: ${note}`))
    examined++
  }
  return { examined: `${examined} ${examined === 1 ? 'table' : 'tables'}`, findings, notes: [...new Set(notes)] }
}

/** A damaged file, or one of another type, of a table or of those that it refers to. */
export async function findBlamedFile(
  rows: LakeRows,
  table: LakeTable,
  tables: readonly LakeTable[],
): Promise<string | null> {
  const names = [table.tableName, ...table.table.references.map((reference) => reference.table)]
  const damaged = await findDamagedFile(rows, names)
  if (damaged !== null) return `${damaged} is damaged`
  for (const concerned of tables.filter(({ tableName }) => names.includes(tableName))) {
    const [fault] = await findTypeFaults(rows.engine, rows.layout, concerned)
    if (fault !== undefined) return `${fault.file} has other types than the contract`
  }
  return null
}
