import type { CheckResult, Finding, Verification } from '../../control/verify/index.ts'
import { DroplakeError } from '../../core/errors.ts'
import { lakeRowsOf } from './lake-rows.ts'
import { findDamagedFile, readLakeTables } from './rows/lake-tables.ts'
import { findTypeFaults } from './rows/type-faults.ts'

/** The columns of every data file of a table have the types of its contract. */
export async function checkTypes(verification: Verification): Promise<CheckResult> {
  const rows = lakeRowsOf(verification)
  const { version } = verification
  const findings: Finding[] = []
  const notes: string[] = []
  let files = 0
  for (const table of await readLakeTables(rows)) {
    const faults = await findTypeFaults(rows.engine, rows.layout, table).catch((error: unknown) => {
      if (error instanceof DroplakeError) return error
      throw error
    })
    const damaged = faults instanceof DroplakeError ? await findDamagedFile(rows, [table.tableName]) : null
    if (damaged !== null) notes.push(`not checked: types of dw.${table.tableName}, because ${damaged} is damaged`)
    else if (faults instanceof DroplakeError) throw faults
    else {
      files += table.files.rows.length
      const versions = [{ first: version, last: version }]
      findings.push(
        ...faults.map(({ file, message }) => ({ check: 'types' as const, file, versions, message, remedy: null })),
      )
    }
  }
  return { examined: `${files} ${files === 1 ? 'data file' : 'data files'}`, findings, notes }
}
