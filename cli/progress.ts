import type { Progress } from '../control/lake.ts'
import type { OnRows } from '../control/row-source.ts'
import { Terminal } from './terminal.ts'

/** Work shorter than this shows no progress. */
const QUIET_MS = 1000
/** Time between two updates of the line. */
const UPDATE_MS = 100

const WORDS = {
  copy: 'copying',
  read: 'reading',
  backup: 'backing up',
  restore: 'restoring',
  check: 'checking',
} as const

/** The same for tables: `employees: backing up 45 %`. `clear` takes the line away. */
export function rowProgress(): { readonly onRows: OnRows; readonly clear: () => void } {
  const terminal = new Terminal(process.stderr)
  const show = progressLine(terminal, () => performance.now())
  return {
    onRows: ({ table, stage, doneRows, totalRows }) =>
      show({ file: table, stage, doneBytes: doneRows, totalBytes: totalRows }),
    clear: () => terminal.clearStatus(),
  }
}

interface Shown extends Omit<Progress, 'stage'> {
  readonly stage: keyof typeof WORDS
}

/** A line per file for work that takes over a second: `employees.csv: reading 45 %`. */
export function progressLine(terminal: Terminal, now: () => number): (progress: Shown) => void {
  let file = ''
  let startedMs = 0
  let shownMs = 0
  return (progress) => {
    if (progress.file !== file) {
      file = progress.file
      startedMs = now()
    }
    if (now() - startedMs < QUIET_MS || now() - shownMs < UPDATE_MS) return
    shownMs = now()
    const percent = Math.floor((100 * progress.doneBytes) / Math.max(1, progress.totalBytes))
    terminal.showStatus(`${file}: ${WORDS[progress.stage]} ${percent} %`)
  }
}
