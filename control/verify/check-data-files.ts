import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isSystemError, messageOf } from '../../core/errors.ts'
import type { StoredFile } from '../stored-files.ts'
import { type CheckResult, counted, type Finding, versionsOf } from './finding.ts'
import type { Verification } from './verification.ts'

/** Every data file that a kept version needs is there, with as many bytes as the ledger says. */
export async function checkDataFiles(verification: Verification): Promise<CheckResult> {
  const findings: Finding[] = []
  for (const file of verification.needed) {
    const message = await faultOf(join(verification.layout.lake, file.path), file)
    if (message !== null) findings.push(dataFileFinding(verification, file, 'data files', message))
  }
  return { examined: counted(verification.needed.length, 'data file'), findings }
}

/** A finding about a data file. Marts and tables can be made again from the layer below them. */
export function dataFileFinding(
  { oldestVersion, version }: Verification,
  file: StoredFile,
  check: Finding['check'],
  message: string,
): Finding {
  return { check, file: file.path, versions: versionsOf(file, oldestVersion, version), message, remedy: 'repair' }
}

async function faultOf(path: string, file: StoredFile): Promise<string | null> {
  try {
    const { size } = await stat(path)
    return size === file.bytes ? null : `it has ${size} bytes; expected ${file.bytes}`
  } catch (error) {
    return isSystemError(error, 'ENOENT') ? 'it is not there' : `it cannot be read: ${messageOf(error)}`
  }
}
