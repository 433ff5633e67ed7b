import { join } from 'node:path'
import { hashFile } from '../../core/durable-files.ts'
import type { Engine } from '../../core/engine.ts'
import { isSystemError, messageOf } from '../../core/errors.ts'
import { exactPath, literal, sql } from '../../core/sql.ts'
import type { StoredFile } from '../stored-files.ts'
import { dataFileFinding } from './check-data-files.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import type { Verification } from './verification.ts'

/**
 * Every data file that a kept version needs has the bytes, by SHA-256, and the rows that were recorded when it was
 * written. Parquet does not notice a flipped bit in its values; the SHA-256 does.
 */
export async function checkChecksums(verification: Verification): Promise<CheckResult> {
  const findings: Finding[] = []
  let sizeBytes = 0
  for (const file of verification.needed) {
    const message = await faultOf(verification.engine, join(verification.layout.lake, file.path), file)
    if (message !== null) findings.push(dataFileFinding(verification, file, 'checksums', message))
    sizeBytes += file.bytes
  }
  const examined = `${counted(verification.needed.length, 'data file')}, ${counted(sizeBytes, 'byte')}`
  return { examined, findings }
}

async function faultOf(engine: Engine, path: string, file: StoredFile): Promise<string | null> {
  try {
    const found = await hashFile(path)
    if (found !== file.sha256)
      return `its bytes have SHA-256 ${found.slice(0, 12)}…; expected ${file.sha256.slice(0, 12)}…`
    const { rows } = await engine.row<{ rows: number }>(
      sql`select num_rows as rows from parquet_file_metadata(${literal(exactPath(path))})`,
    )
    return rows === file.rows ? null : `it has ${rows} rows; expected ${file.rows}`
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null // told by the check of data files
    return `it cannot be read: ${messageOf(error).split('\n', 1)[0]}`
  }
}
