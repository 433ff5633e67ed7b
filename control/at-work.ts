import { readdir, readlink } from 'node:fs/promises'
import { isAlive } from '../core/is-alive.ts'
import type { Layout } from './layout.ts'
import type { RunNote } from './run-folder.ts'

/**
 * Whether the run that wrote a note is at work now: its process lives and, where the system tells (Linux), has the lake's
 * lock file open, so that another process that has got the number meanwhile is not taken for it. The lock itself is not
 * tried: that would make a run that starts at the same moment believe that the lake is busy.
 */
export async function isAtWork(layout: Layout, note: RunNote): Promise<boolean> {
  if (note.processId === 0 || !isAlive(note.processId)) return false
  const open = await openFiles(note.processId)
  return open === undefined || open.includes(layout.lockFile)
}

/** Paths of the files that a process has open; undefined where the system does not tell. */
async function openFiles(processId: number): Promise<string[] | undefined> {
  const folder = `/proc/${processId}/fd`
  try {
    const names = await readdir(folder)
    return await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  } catch {
    return undefined
  }
}
