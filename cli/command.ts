import type { Argv } from 'yargs'

/** What a file in `commands/` exports. Heavy modules are imported by its handler, so that `--help` does not wait for them. */
export interface Command {
  readonly command: string
  readonly describe: string
  readonly builder: (parser: Argv) => Argv
  /** @returns the exit code */
  // biome-ignore lint/suspicious/noExplicitAny: each handler declares the flags of its own builder
  readonly handler: (flags: any) => Promise<number>
}
