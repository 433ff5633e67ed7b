import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from '../../control/layout.ts'
import {
  ensureFolder,
  exists,
  freePath,
  removePath,
  renameFile,
  syncFolder,
  writeTextFile,
} from '../../core/durable-files.ts'
import { numberedName, withSuffix } from '../../core/file-names.ts'
import { isSame, readIdentity } from '../uploads/copy-upload.ts'
import type { DeliveryPlan } from './plan.ts'

type Move = DeliveryPlan['moves'][number]

/**
 * Move an upload out of the drop folder: to `processed/`, or with its reason to `quarantine/files/`. When another file has
 * come under its name since it was read, that one stays for the next run, and the run's own copy takes the upload's place,
 * so that what was loaded is always kept. Safe to repeat; `syncMoves` makes many of them last.
 *
 * @returns the new path; null when nothing was left to do
 */
export async function moveUpload(layout: Layout, move: Move): Promise<string | null> {
  const taken = await takeUpload(layout, move)
  const from = taken ?? move.copy
  if (from === null || !(await exists(from))) return null
  if (taken !== null && move.copy !== null) await removePath(move.copy)
  const to = await placeFor(layout, move)
  await renameFile(from, to)
  return to
}

/** Make all moves of a delivery last. */
export async function syncMoves(layout: Layout): Promise<void> {
  for (const folder of [layout.uploads, layout.processed, layout.refusedFiles])
    if (await exists(folder)) await syncFolder(folder)
}

/** The upload under a name that no run reads and nobody replaces; null when it is not there any more. */
async function takeUpload(layout: Layout, move: Move): Promise<string | null> {
  const path = join(layout.uploads, move.name)
  const mark = createHash('sha256').update(move.name).digest('hex').slice(0, 16)
  const taken = join(layout.uploads, `.droplake-taken-${mark}`)
  if (await isUpload(path, move)) await renameFile(path, taken)
  if (await isUpload(taken, move)) return taken
  // Another file took the name between the look and the move: it goes back to be read.
  if ((await readIdentity(taken)) !== undefined) await renameFile(taken, await freePath(layout.uploads, move.name))
  return null
}

async function isUpload(path: string, move: Move): Promise<boolean> {
  const found = await readIdentity(path)
  return found !== undefined && isSame(found, move.identity)
}

/** A free path in the folder where the upload belongs; a refused file's reason is written beside it first. */
async function placeFor(layout: Layout, move: Move): Promise<string> {
  const folder = move.refusal === null ? layout.processed : layout.refusedFiles
  await ensureFolder(folder)
  if (move.refusal === null) return freePath(folder, move.name)
  for (let number = 1; ; number++) {
    const name = numberedName(move.name, number)
    const [path, reason] = [join(folder, name), join(folder, withSuffix(name, '.reason.txt'))]
    const written = await readFile(reason, 'utf8').catch(() => undefined)
    const isOurs = written === undefined || written === move.refusal
    if (!isOurs || (await readIdentity(path)) !== undefined) continue
    await writeTextFile(reason, move.refusal)
    return path
  }
}
