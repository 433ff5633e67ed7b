// One writer per lake. The lock is a DuckDB file opened for writing: the operating system frees it when the process dies.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listFolder } from '../core/durable-files.ts'
import type { Engine } from '../core/engine.ts'
import { DroplakeError, messageOf } from '../core/errors.ts'
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
  try {
    await engine.run(sql`attach ${literal(layout.lockFile)} as ${ident('lake_lock')}`)
  } catch (error) {
    const holder = /Conflicting lock is held in .*?\(PID (\d+)\)/.exec(messageOf(error))
    if (holder === null && !messageOf(error).includes('Could not set lock')) throw error
    throw await lakeBusy(layout, holder?.[1])
  }
  heldHere.add(layout.lockFile)
}

export async function releaseLock(engine: Engine, layout: Layout): Promise<void> {
  await engine.run(sql`detach ${ident('lake_lock')}`)
  heldHere.delete(layout.lockFile)
}

async function lakeBusy(layout: Layout, processId: string | undefined): Promise<DroplakeError> {
  const run = await runningRun(layout)
  const holder = [processId === undefined ? 'another process' : `process ${processId}`, run].filter(Boolean).join(', ')
  return new DroplakeError('LAKE_BUSY', `another run works on "${layout.lake}" (${holder})`, {
    details: { processId: processId === undefined ? null : Number(processId) },
    hint: 'Wait until it has ended, then run again; nothing was changed.',
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
