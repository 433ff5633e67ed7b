// Names of backups while they are written, and what killed ones have left.
import { hostname } from 'node:os'
import { join } from 'node:path'
import { listFolder, removePath } from '../core/durable-files.ts'
import { isAlive } from '../core/is-alive.ts'

/** Host and process that write it, and a number: a backup takes no lock, and two of one table may be under way at once. */
const PART = /\.([^.]+)-(\d+)-\d+\.part$/
const HOST = hostname()
  .replace(/[^A-Za-z0-9]/g, '_')
  .slice(0, 60)
let partsMade = 0

/** Where a file is written before it gets its name. */
export function partPath(path: string): string {
  return `${path}.${HOST}-${process.pid}-${++partsMade}.part`
}

/** Take away what processes of this machine have left that are no longer there. */
export async function removeLeftParts(folder: string): Promise<void> {
  for (const name of await listFolder(folder)) {
    const [, host, pid] = PART.exec(name) ?? []
    if (host === HOST && !isAlive(Number(pid))) await removePath(join(folder, name))
  }
}
