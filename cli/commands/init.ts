import { resolve } from 'node:path'
import type { Argv } from 'yargs'
import { type GlobalFlags, print } from '../context.ts'
import { shortPath } from '../short-path.ts'

export const command = 'init <dir>'
export const describe = 'make a new lake project: the hires config, its SQL and its samples'
export const builder = (parser: Argv) =>
  parser
    .positional('dir', { type: 'string', demandOption: true, describe: 'folder to make it in' })
    .option('empty', { type: 'boolean', default: false, describe: 'a minimal config without tables' })

export async function handler(flags: GlobalFlags & { readonly dir: string; readonly empty: boolean }): Promise<number> {
  const { initProject } = await import('../../control/init-project.ts')
  const folder = resolve(flags.dir)
  const files = await initProject(folder, { empty: flags.empty })
  const shortDir = shortPath(folder, process.cwd())
  const next = flags.empty
    ? `Declare your tables in ${shortDir}/pipeline_config.json, drop files into ${shortDir}/workingArea/uploads/, then:\n`
    : `Copy ${shortDir}/samples/hires/*.csv into ${shortDir}/workingArea/uploads/, or drop files of your own, then:\n`
  print(
    flags,
    { folder, files },
    () => `Made ${files.length} files in ${shortDir}.\n${next}  droplake run -C ${shortDir}\n`,
  )
  return 0
}
