// One writer per lake. The lock is a DuckDB file opened for writing: the operating system frees it when the process dies.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { exists, linkFile, listFolder, removePath } from '../core/durable-files.ts'
import type { Engine } from '../core/engine.ts'
import { DroplakeError, isSystemError, messageOf } from '../core/errors.ts'
import { ident, literal, sql } from '../core/sql.ts'
import type { Layout } from './layout.ts'

/** File locks are per process, so two runs inside one process are kept apart here. */
const heldHere = new Set<string>()

/**
 * Hold the lake's lock until `releaseLock`, or until the process ends.
 *
 * @throws {DroplakeError} LAKE_BUSY, naming the process and the run that hold it
 */
export async function takeLock(engine: Engine, layout: Layout): Promise<void> {
  if (heldHere.has(layout.lockFile)) throw await lakeBusy(layout, String(process.pid))
  heldHere.add(layout.lockFile)
  try {
    await makeLockFile(engine, layout)
    await openLockFile(engine, layout)
    await removeUnfinishedLocks(layout)
  } catch (error) {
    heldHere.delete(layout.lockFile)
    throw error
  }
}

export async function releaseLock(engine: Engine, layout: Layout): Promise<void> {
  try {
    await engine.run(sql`detach ${ident('lake_lock')}`)
  } finally {
    heldHere.delete(layout.lockFile)
  }
}

async function openLockFile(engine: Engine, layout: Layout): Promise<void> {
  try {
    await engine.run(sql`attach ${literal(layout.lockFile)} as ${ident('lake_lock')}`)
  } catch (error) {
    const holder = /Conflicting lock is held in .*?\(PID (\d+)\)/.exec(messageOf(error))
    if (holder === null && !messageOf(error).includes('Could not set lock')) throw error
    throw await lakeBusy(layout, holder?.[1])
  }
}

/**
 * Make the lock file, whole from its first moment: a process killed while DuckDB writes a new file leaves one that no
 * later run can open, and taking that away could take away another run's lock.
 */
async function makeLockFile(engine: Engine, layout: Layout): Promise<void> {
  if (await exists(layout.lockFile)) return
  const beside = `${layout.lockFile}.${process.pid}.part`
  await removePath(beside)
  await engine.run(sql`attach ${literal(beside)} as ${ident('new_lock')}`)
  await engine.run(sql`detach ${ident('new_lock')}`)
  await linkFile(beside, layout.lockFile).catch((error: unknown) => {
    // Gone already: the run that was first has the lock now, and has cleared up.
    if (!isSystemError(error, 'ENOENT')) throw error
  })
  await removePath(beside)
}

/** What a process killed in `makeLockFile` left behind. */
async function removeUnfinishedLocks(layout: Layout): Promise<void> {
  const prefix = `${basename(layout.lockFile)}.`
  const unfinished = (await listFolder(layout.lake)).filter((name) => name.startsWith(prefix))
  for (const name of unfinished) await removePath(join(layout.lake, name))
}

async function lakeBusy(layout: Layout, processId: string | undefined): Promise<DroplakeError> {
  const run = await runningRun(layout)
  const holder = [processId === undefined ? 'another process' : `process ${processId}`, run].filter(Boolean).join(', ')
  return new DroplakeError('LAKE_BUSY', `another run works on "${layout.lake}" (${holder})`, {
    details: { processId: processId === undefined ? null : Number(processId), holder },
    hint: 'Wait until it has ended, or let droplake wait with --wait 30s; nothing was changed.',
  })
}

/** What the newest run folder says of the run at work: `run 7 since 12:30:01 UTC`. */
async function runningRun(layout: Layout): Promise<string | undefined> {
  const newest = (await listFolder(layout.staging)).at(-1)
  if (newest === undefined) return undefined
  try {
    const note = JSON.parse(await readFile(join(layout.staging, newest, 'run.json'), 'utf8')) as {
      runId: number
      startedAt: string
    }
    return `run ${note.runId} since ${note.startedAt.slice(0, 19).replace('T', ' ')} UTC`
  } catch {
    return undefined // it has just begun or ended
  }
}
