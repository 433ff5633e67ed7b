import yargs from 'yargs'
import { DroplakeError, toDroplakeError } from '../core/errors.ts'
import { armFault } from '../core/fault-points.ts'
import { droplakeVersion } from '../core/package-folder.ts'
import type { Command } from './command.ts'
import * as backup from './commands/backup.ts'
import * as compact from './commands/compact.ts'
import * as config from './commands/config.ts'
import * as diff from './commands/diff.ts'
import * as history from './commands/history.ts'
import * as init from './commands/init.ts'
import * as plan from './commands/plan.ts'
import * as propose from './commands/propose.ts'
import * as quarantine from './commands/quarantine.ts'
import * as query from './commands/query.ts'
import * as repair from './commands/repair.ts'
import * as report from './commands/report.ts'
import * as restore from './commands/restore.ts'
import * as rollback from './commands/rollback.ts'
import * as rules from './commands/rules.ts'
import * as run from './commands/run.ts'
import * as runs from './commands/runs.ts'
import * as status from './commands/status.ts'
import * as trace from './commands/trace.ts'
import * as vacuum from './commands/vacuum.ts'
import * as verify from './commands/verify.ts'

const COMMANDS: readonly Command[] = [
  run,
  plan,
  status,
  runs,
  quarantine,
  query,
  trace,
  propose,
  report,
  history,
  diff,
  rollback,
  backup,
  restore,
  verify,
  repair,
  compact,
  vacuum,
  rules,
  config,
  init,
]

/**
 * Parse the command line, run one command, print.
 *
 * @param words without `node` and the program's name
 * @returns the exit code: 0 done, 1 internal, 2 usage or config, 3 done but a file was refused or a mart held back, 75 lake busy,
 *   130 and 143 stopped by SIGINT or SIGTERM
 */
export async function main(words: readonly string[]): Promise<number> {
  ignoreClosedPipe()
  let exitCode = 0
  const parser = yargs([...words])
    .scriptName('droplake')
    // All else that droplake says is English, too.
    .detectLocale(false)
    .usage('$0 <command>\n\nDrop files in a folder, get tables that people can trust.')
    .option('project', {
      alias: 'C',
      type: 'string',
      describe: 'folder of pipeline_config.json; default: the nearest one upward',
    })
    .option('json', { type: 'boolean', describe: 'print one JSON document' })
    .option('log-level', {
      choices: ['debug', 'info', 'warn', 'error'] as const,
      describe: 'what the terminal shows of the log',
    })
    .option('debug', { type: 'boolean', describe: 'print the stack of an error' })
    .version(droplakeVersion())
    .alias('help', 'h')
    .demandCommand(1, 'no command is named')
    .recommendCommands()
    .strict()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new DroplakeError('USAGE', message.trim(), { hint: 'droplake --help' })
    })
  for (const { command, describe, builder, handler } of COMMANDS) {
    parser.command(command, describe, builder, async (flags) => {
      exitCode = await handler(flags)
    })
  }
  try {
    armFault(process.env)
    await parser.parseAsync()
    return exitCode
  } catch (thrown) {
    return reportError(toDroplakeError(thrown), words)
  }
}

/** A reader that has seen enough (`| head`) is no error. */
function ignoreClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

function reportError(error: DroplakeError, words: readonly string[]): number {
  const { code, message, hint, details } = error
  if (words.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null, details } }, null, 2)}\n`)
  process.stderr.write(`error ${code}: ${message}\n${hint === undefined ? '' : `try: ${hint}\n`}`)
  if (words.includes('--debug')) process.stderr.write(`${stackOf(error)}\n`)
  return error.exitCode
}

function stackOf(error: Error): string {
  return `${error.stack}${error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''}`
}
