// The only writer of lake/staging: a folder per run under way, which is how a later run knows of one that was cut short.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureFolder, listFolder, removePath, syncFolder, writeTextFile } from '../core/durable-files.ts'
import { literal, sql } from '../core/sql.ts'
import type { Lake, Run } from './lake.ts'
import { type Layout, stagingFolder } from './layout.ts'

const NOTE = 'run.json'

/** What a run notes of itself before it does anything. */
export interface RunNote {
  readonly runId: number
  readonly startedAt: string
  readonly processId: number
  /** Absent in notes of older droplakes, which knew only `run`. */
  readonly command?: string
}

/** Begin a run: its number, its folder, its note on disk. `command` is for the ledger: `run`, `rollback 41`. */
export async function startRun(lake: Lake, leftover: readonly RunNote[], command = 'run'): Promise<Run> {
  const { layout, state } = lake
  const runId = Math.max(state.lastRunId, ...leftover.map((note) => note.runId)) + 1
  const startedAt = lake.clock()
  const folder = stagingFolder(layout, runId)
  await ensureFolder(folder)
  const note: RunNote = { runId, startedAt: startedAt.toISOString(), processId: process.pid, command }
  await writeTextFile(join(folder, NOTE), JSON.stringify(note))
  await syncFolder(layout.staging)
  await lake.engine.run(sql`set temp_directory = ${literal(join(folder, 'spill'))}`)
  return { runId, startedAt, folder, command }
}

/** The notes of all runs that have a folder: those that were cut short, before `startRun` has made this run's own. */
export async function readRunNotes(layout: Layout): Promise<RunNote[]> {
  const notes: RunNote[] = []
  for (const name of await listFolder(layout.staging)) {
    const number = /^run-(\d+)$/.exec(name)?.[1]
    if (number === undefined) continue
    notes.push(
      (await readNote(join(layout.staging, name, NOTE))) ?? {
        runId: Number(number),
        startedAt: new Date(0).toISOString(),
        processId: 0,
      },
    )
  }
  return notes
}

/** Take away all that lies in a run's folder but its note: its copies can be large, its note is still needed. */
export async function emptyRunFolder(folder: string): Promise<void> {
  const names = (await listFolder(folder)).filter((name) => name !== NOTE)
  for (const name of names) await removePath(join(folder, name))
}

/** A run has nothing left to do. */
export async function removeRunFolder(layout: Layout, runId: number): Promise<void> {
  await removePath(stagingFolder(layout, runId))
}

/** A run that was killed while it wrote its first note has no readable one. */
async function readNote(path: string): Promise<RunNote | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunNote
  } catch {
    return undefined
  }
}
