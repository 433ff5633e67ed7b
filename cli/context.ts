import { layoutOf } from '../control/layout.ts'
import type { OpenOptions } from '../control/open-lake.ts'
import { loadProject, type Project } from '../core/config/load-config.ts'
import type { Flags } from '../core/config/settings.ts'
import { openLogger } from '../core/logger.ts'
import { progressLine } from './progress.ts'
import { Terminal } from './terminal.ts'

/** The flags that every command has. */
export interface GlobalFlags {
  readonly project?: string | undefined
  readonly json?: boolean | undefined
  readonly logLevel?: string | undefined
}

/** The project that a command is about: named with -C, or the nearest one upward. */
export function projectOf(flags: GlobalFlags): Project {
  const overrides: Flags = { 'log.level': flags.logLevel }
  return loadProject({ projectFolder: flags.project, cwd: process.cwd(), env: process.env, flags: overrides })
}

/** What a command that writes to the lake works with: the log, the clock, a line of progress. */
export function openOptions(project: Project): OpenOptions & { readonly terminal: Terminal } {
  const terminal = new Terminal(process.stderr)
  const log = openLogger({
    folder: layoutOf(project).logs,
    now: new Date(),
    terminal,
    terminalLevel: project.config.log.level,
  })
  return { log, terminal, clock: () => new Date(), onProgress: progressLine(terminal, () => performance.now()) }
}

/** Print a result: as one JSON document, or as text for people. */
export function print(flags: GlobalFlags, result: unknown, text: () => string): void {
  process.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : text())
}
