import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Argv } from 'yargs'
import { DroplakeError } from '../../core/errors.ts'
import { type GlobalFlags, openOptions, print, projectOf } from '../context.ts'
import { parseVersion } from '../parse-version.ts'
import { shortPath } from '../short-path.ts'
import { type WaitFlags, waitMsOf, withWaitOption } from '../wait-option.ts'

export const command = 'report [mart]'
export const describe = 'write the pages of reports/ anew: of all marts and the index, or of one mart'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .positional('mart', { type: 'string', describe: 'one mart alone' })
    .option('open', { type: 'boolean', default: false, describe: 'show the page in the browser' })
    .option('out', { type: 'string', describe: 'another folder to write to' })
    .option('at', { type: 'string', describe: 'number of an older version; goes to reports/version-<number>/' })

interface ReportFlags extends GlobalFlags, WaitFlags {
  readonly mart?: string | undefined
  readonly open: boolean
  readonly out?: string | undefined
  readonly at?: string | undefined
}

export async function handler(flags: ReportFlags): Promise<number> {
  const waitMs = waitMsOf(flags)
  const version = flags.at === undefined ? null : parseVersion(flags.at)
  if (flags.out === '')
    throw new DroplakeError('USAGE', '--out is empty; expected a folder', {
      hint: 'Without --out, pages go to reports/.',
    })
  const outFolder = flags.out === undefined ? null : resolve(flags.out)
  const { writeReportsNow } = await import('../../pipeline/reports/index.ts')
  const project = projectOf(flags)
  const { terminal, ...options } = openOptions(project)
  const mart = flags.mart ?? null
  const written = await writeReportsNow(project, { mart, outFolder, version }, { ...options, waitMs }).finally(() =>
    terminal.clearStatus(),
  )
  const index = written.files.find((file) => file.endsWith('index.html'))
  const page = index ?? written.files.find((file) => file.endsWith('.html')) ?? null
  print(flags, { ...written, page }, () =>
    page === null
      ? 'There is no mart in this version: nothing was written.\n'
      : `Wrote ${written.files.length} files. Open ${shortPath(page, process.cwd())}\n`,
  )
  if (flags.open && page !== null) openInBrowser(page)
  return 0
}

/** The program that the system opens pages with; when there is none, the path has been printed. */
function openInBrowser(page: string): void {
  const programs: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ['open', page],
    win32: ['explorer', page],
  }
  const [program, ...words] = programs[process.platform] ?? ['xdg-open', page]
  const child = spawn(program, words, { stdio: 'ignore', detached: true })
  child.on('error', () => process.stderr.write(`no program opens pages here (${program}); open ${page} yourself\n`))
  child.unref()
}
