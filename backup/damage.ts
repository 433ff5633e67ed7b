import { DroplakeError, isSystemError } from '../core/errors.ts'
import { DamagedFile } from './avro/read-file.ts'

/**
 * Read from a file; what is wrong with it becomes an error that names it.
 *
 * @throws {DroplakeError} BACKUP_NOT_FOUND, BACKUP_DAMAGED
 */
export async function damaged<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (isSystemError(error, 'EISDIR'))
      throw new DroplakeError('BACKUP_NOT_FOUND', `"${path}" is a folder; expected an Avro file`, {
        cause: error,
        hint: 'Name one of the files in it with --from; droplake backup list shows the backups.',
      })
    if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
      throw new DroplakeError('BACKUP_NOT_FOUND', `there is no backup "${path}"`, {
        cause: error,
        hint: 'List the backups with: droplake backup list; or name a file with --from',
      })
    if (error instanceof DroplakeError || (error instanceof Error && 'syscall' in error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new DroplakeError('BACKUP_DAMAGED', `"${path}" is not as it was written: ${message}`, {
      cause: error,
      details: { file: path, isDamagedFile: error instanceof DamagedFile },
      hint: 'Nothing was changed. See which backups are whole: droplake backup verify --all; then restore one with --from',
    })
  }
}
