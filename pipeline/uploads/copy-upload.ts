import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { READ_CHUNK_BYTES } from '../../core/durable-files.ts'
import { DroplakeError, isSystemError, messageOf } from '../../core/errors.ts'
import { formatBytes } from '../../core/format-bytes.ts'

/** What tells a file from another one of the same name, and from itself after a change. Text, to be kept as JSON. */
export interface FileIdentity {
  readonly device: string
  readonly inode: string
  readonly sizeBytes: string
  readonly modifiedNs: string
}

export interface CopiedUpload {
  readonly status: 'copied'
  readonly identity: FileIdentity
  readonly sizeBytes: number
  /** Lowercase hex. */
  readonly sha256: string
}

/** The file changed or went away while it was copied: someone is still writing it. */
export interface ChangingUpload {
  readonly status: 'changing'
}

/**
 * Copy an upload through one open descriptor, hashing on the way.
 *
 * @param maxBytes a larger file is refused
 * @param onBytes called with the bytes copied so far, and the file's size
 * @throws {DroplakeError} UPLOAD_UNREADABLE, UPLOAD_TOO_LARGE
 */
export async function copyUpload(
  from: string,
  to: string,
  maxBytes: number,
  onBytes: (doneBytes: number, totalBytes: number) => void,
): Promise<CopiedUpload | ChangingUpload> {
  const source = await openRegularFile(from)
  if (source === undefined) return { status: 'changing' }
  try {
    const before = await source.stat({ bigint: true })
    if (before.size > maxBytes) throw tooLarge(from, Number(before.size), maxBytes)
    const { sha256, sizeBytes } = await copyBytes(from, source, to, (done) => onBytes(done, Number(before.size)))
    const after = await source.stat({ bigint: true })
    const identity = identityOf(before)
    const unchanged =
      BigInt(sizeBytes) === before.size && isSame(identity, identityOf(after)) && (await isStillThere(from, identity))
    return unchanged ? { status: 'copied', identity, sizeBytes, sha256 } : { status: 'changing' }
  } finally {
    await source.close()
  }
}

/**
 * Look at what has a name, without opening or following it.
 *
 * @throws {DroplakeError} UPLOAD_NOT_A_FILE for folders, links, pipes and devices
 */
export async function refuseOtherKinds(path: string): Promise<void> {
  const kind = kindOf(await lstat(path, { bigint: true }))
  if (kind === 'file') return
  throw new DroplakeError('UPLOAD_NOT_A_FILE', `"${basename(path)}" is a ${kind}; expected a regular file`, {
    hint: 'Drop the file itself into uploads.',
  })
}

/** The identity of whatever has this name now; undefined when nothing has. */
export async function readIdentity(path: string): Promise<FileIdentity | undefined> {
  try {
    return identityOf(await lstat(path, { bigint: true }))
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

export function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode && a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs
}

async function isStillThere(path: string, identity: FileIdentity): Promise<boolean> {
  const now = await readIdentity(path)
  return now !== undefined && isSame(now, identity)
}

/** Opened without following a link and without waiting for a pipe's other end. */
async function openRegularFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ELOOP')) return undefined
    if (isSystemError(cause, 'EACCES', 'EPERM', 'EIO')) throw unreadable(path, cause)
    throw cause
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  if (stats.isSymbolicLink()) return 'symbolic link'
  return stats.isFIFO() ? 'named pipe' : 'device or socket'
}

/** Each piece is written while the next one is read and hashed. */
async function copyBytes(
  from: string,
  source: FileHandle,
  to: string,
  onBytes: (doneBytes: number) => void,
): Promise<{ sha256: string; sizeBytes: number }> {
  const target = await open(to, 'w')
  const hash = createHash('sha256')
  let [buffer, other] = [Buffer.allocUnsafe(READ_CHUNK_BYTES), Buffer.allocUnsafe(READ_CHUNK_BYTES)]
  let written = Promise.resolve()
  let sizeBytes = 0
  try {
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, sizeBytes).catch((cause: unknown) => {
        // Only a read that fails is the upload's fault: when the copy cannot be written, the run stops.
        throw isSystemError(cause, 'EIO', 'EISDIR') ? unreadable(from, cause) : cause
      })
      if (bytesRead === 0) return { sha256: hash.digest('hex'), sizeBytes }
      const bytes = buffer.subarray(0, bytesRead)
      await written
      written = target.writeFile(bytes)
      // Its error is told by the await above or below.
      written.catch(() => undefined)
      hash.update(bytes)
      sizeBytes += bytesRead
      onBytes(sizeBytes)
      ;[buffer, other] = [other, buffer]
    }
  } finally {
    await written.finally(() => target.close())
  }
}

function identityOf(stats: BigIntStats): FileIdentity {
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: String(stats.size),
    modifiedNs: String(stats.mtimeNs),
  }
}

function tooLarge(path: string, sizeBytes: number, maxBytes: number): DroplakeError {
  return new DroplakeError(
    'UPLOAD_TOO_LARGE',
    `"${basename(path)}" has ${formatBytes(sizeBytes)}; at most ${formatBytes(maxBytes)} are allowed (limits.maxFileBytes)`,
    { hint: 'If it is what it should be, raise the limit in pipeline_config.json, then drop it again.' },
  )
}

function unreadable(path: string, cause: unknown): DroplakeError {
  return new DroplakeError('UPLOAD_UNREADABLE', `"${path}" cannot be read: ${messageOf(cause)}`, {
    cause,
    hint: 'Give the user that runs droplake the right to read it, and drop it again.',
  })
}
