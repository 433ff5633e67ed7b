import { basename, join } from 'node:path'
import type { Layout } from '../../control/layout.ts'
import { ensureFolder, exists, freePath, moveFile, syncFolder, writeTextFile } from '../../core/durable-files.ts'
import { withSuffix } from '../../core/file-names.ts'
import { isSame, readIdentity } from '../uploads/copy-upload.ts'
import type { DeliveryPlan } from './plan.ts'

/**
 * Move an upload out of the drop folder, if it is still the file that was read: to `processed/`, or with its reason to
 * `quarantine/files/`. A file that has come under its name since then stays, for the next run.
 *
 * @returns the new path; null when the upload is not there any more or is another one
 */
export async function moveUpload(layout: Layout, move: DeliveryPlan['moves'][number]): Promise<string | null> {
  const from = join(layout.uploads, move.name)
  const found = await readIdentity(from)
  if (found === undefined || !isSame(found, move.identity)) return null
  const folder = move.refusal === null ? layout.processed : layout.refusedFiles
  await ensureFolder(folder)
  const to = await freePath(folder, move.name)
  if (move.refusal !== null) await writeTextFile(join(folder, withSuffix(basename(to), '.reason.txt')), move.refusal)
  await moveFile(from, to)
  await syncFolder(layout.uploads)
  const moved = await readIdentity(to)
  const isCopy = moved?.device !== move.identity.device // moved across file systems: another inode, the same content
  if (moved !== undefined && !isCopy && !isSame(moved, move.identity)) return putBack(layout, to)
  return to
}

/** Between the look and the move another file took the name: it goes back to be read, under a free name if need be. */
async function putBack(layout: Layout, path: string): Promise<null> {
  const name = basename(path)
  const target = (await exists(join(layout.uploads, name)))
    ? await freePath(layout.uploads, name)
    : join(layout.uploads, name)
  await moveFile(path, target)
  return null
}
