// Every call that makes something on disk last, or makes it visible, is made here and nowhere else.
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, copyFile, link, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { compareNames } from './compare-names.ts'
import { isSystemError } from './errors.ts'
import { passFaultPoint } from './fault-points.ts'
import { numberedName } from './file-names.ts'

/** Bytes per read: with the 64 KiB default, hashing took 2.6 times as long (measured 2026-11). */
export const READ_CHUNK_BYTES = 1024 * 1024

/** Make a file's bytes survive a power cut. */
export async function syncFile(path: string): Promise<void> {
  passFaultPoint('syncFile', path)
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Make the names in a folder survive a power cut: without it a rename can be undone by one. */
export async function syncFolder(path: string): Promise<void> {
  passFaultPoint('syncFolder', path)
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Give a finished, synced file its name; whoever opens that name sees the old file or the new one, whole. */
export async function publishFile(from: string, to: string): Promise<void> {
  passFaultPoint('publishFile', to)
  await rename(from, to)
  await syncFolder(dirname(to))
}

/** Give a file a second name, unless that name is taken already. */
export async function linkFile(from: string, to: string): Promise<void> {
  passFaultPoint('linkFile', to)
  try {
    await link(from, to)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
  }
  await syncFolder(dirname(to))
}

/** Give a file a second name that nothing has yet, or copy it there, where the file system knows no second names. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  passFaultPoint('linkFile', to)
  try {
    await link(from, to)
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV')) throw error
    await copyToNewFile(from, to)
  }
}

/** Where to write a file before it gets its name: in the same folder, under a short name that no list shows. */
export function besidePath(path: string): string {
  return join(dirname(path), '.droplake.part')
}

/** Write a whole text file under its name: beside, synced, renamed. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  passFaultPoint('writeTextFile', path)
  const beside = besidePath(path)
  const file = await open(beside, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await publishFile(beside, path)
}

/** Copy a file's bytes to a name that nobody reads yet, and sync them. */
export async function copyToNewFile(from: string, to: string): Promise<void> {
  passFaultPoint('copyToNewFile', to)
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  await syncFile(to)
}

/**
 * Move something to a name that nothing has; regular files also across file systems.
 *
 * @param from not replaced by anyone meanwhile: across file systems it is copied, then removed
 * @throws EXDEV for a folder, link or pipe that would have to be copied
 */
export async function moveFile(from: string, to: string): Promise<void> {
  await renameFile(from, to)
  await syncFolder(dirname(to))
}

/** `moveFile`, for many files at once: whoever calls it syncs the folders when all are moved. */
export async function renameFile(from: string, to: string): Promise<void> {
  passFaultPoint('moveFile', to)
  try {
    await rename(from, to)
  } catch (error) {
    if (!isSystemError(error, 'EXDEV') || !(await lstat(from)).isFile()) throw error
    await copyToNewFile(from, besidePath(to))
    await publishFile(besidePath(to), to)
    await rm(from)
  }
}

/** Remove a file or a folder with all that is in it; not being there is fine. */
export async function removePath(path: string): Promise<void> {
  passFaultPoint('removePath', path)
  await rm(path, { recursive: true, force: true })
}

/** Make a folder and those above it, where they are missing, and make them last. */
export async function ensureFolder(path: string): Promise<void> {
  passFaultPoint('ensureFolder', path)
  for (const made of await makeFolders(path)) await syncFolder(dirname(made))
}

/**
 * One folder after another, those above first: Node's `recursive` tries for ever where a folder says that the one above it is
 * missing, as in /proc, and tells ENOENT where the file system is read-only (seen on Node 20.20).
 *
 * @returns those that were missing, the deepest first
 */
async function makeFolders(path: string): Promise<string[]> {
  const error = await makeFolder(path)
  if (error === null) return [path]
  if (await isFolder(path)) return []
  if (!isSystemError(error, 'ENOENT') || dirname(path) === path) throw error
  const above = await makeFolders(dirname(path))
  const again = await makeFolder(path)
  // Another process may have made it meanwhile.
  if (again !== null && !(await isFolder(path))) throw again
  return [path, ...above]
}

/** @returns what went wrong; null when the folder was made */
async function makeFolder(path: string): Promise<unknown> {
  return mkdir(path).then(
    () => null,
    (error: unknown) => error,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The names in a folder, in the order of `compareNames`; a folder that is not there has none. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort(compareNames)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return []
    throw error
  }
}

/** A path in this folder that nothing has yet: `a.csv`, else `a.2.csv`, `a.3.csv`, … */
export async function freePath(folder: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = join(folder, numberedName(name, number))
    const isTaken = await lstat(path).then(
      () => true,
      () => false,
    )
    if (!isTaken) return path
  }
}

/**
 * SHA-256 of a file, lowercase hex.
 *
 * @param stop cuts it short: its reason is thrown
 */
export async function hashFile(path: string, stop?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: READ_CHUNK_BYTES })) {
    stop?.throwIfAborted()
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}
