import { sql } from '../core/sql.ts'
import { removeDataFilesOf } from './data-files.ts'
import type { Lake } from './lake.ts'
import { stagingFolder } from './layout.ts'
import { emptyRunFolder, type RunNote, readRunNotes } from './run-folder.ts'

/** What earlier runs that were cut short have left. */
export interface Recovery {
  /** Committed, but killed before uploads were moved and files for people were written: to be finished. */
  readonly unfinished: readonly RunNote[]
  /** Killed before the commit: what they wrote is gone, and they are to be noted as `interrupted`. */
  readonly interrupted: readonly RunNote[]
  /** Ended without a commit and noted so already. */
  readonly ended: readonly RunNote[]
}

/**
 * Compare the run folders with the ledger and undo what was not committed.
 * Safe to repeat: a folder goes only after the run that deals with it has committed.
 */
export async function recover(lake: Lake): Promise<Recovery> {
  const notes = await readRunNotes(lake.layout)
  if (notes.length === 0) return { unfinished: [], interrupted: [], ended: [] }
  const known = await lake.engine.rows<{ run_id: number; status: string }>(
    sql`select run_id, status from lake.control.runs`,
  )
  const statusOf = (note: RunNote) => known.find((run) => run.run_id === note.runId)?.status
  const recovery: Recovery = {
    unfinished: notes.filter((note) => ['committed', 'rolled_back'].includes(statusOf(note) ?? '')),
    interrupted: notes.filter((note) => statusOf(note) === undefined),
    ended: notes.filter((note) => ['failed', 'interrupted'].includes(statusOf(note) ?? '')),
  }
  for (const note of [...recovery.interrupted, ...recovery.ended]) {
    await emptyRunFolder(stagingFolder(lake.layout, note.runId))
    await removeDataFilesOf(lake.layout, note.runId)
  }
  for (const note of recovery.interrupted)
    lake.log.warn({ runId: note.runId, startedAt: note.startedAt }, 'interrupted run undone')
  for (const note of recovery.unfinished)
    lake.log.warn({ runId: note.runId }, 'committed run left unfinished, finishing it')
  return recovery
}
