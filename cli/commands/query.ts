import type { Argv } from 'yargs'
import { type GlobalFlags, projectOf } from '../context.ts'

export const command = 'query <sql>'
export const describe = 'run one SELECT over the lake; nothing can be changed with it'
export const builder = (parser: Argv) =>
  parser
    .positional('sql', { type: 'string', demandOption: true, describe: 'such as "from app.hires_by_quarter"' })
    .option('format', {
      choices: ['table', 'csv', 'json', 'arrow'] as const,
      default: 'table' as const,
      describe: 'arrow is an IPC stream',
    })

export async function handler(
  flags: GlobalFlags & { readonly sql: string; readonly format: 'table' | 'csv' | 'json' | 'arrow' },
): Promise<number> {
  const { queryLake } = await import('../../control/query-lake.ts')
  const { writeResult } = await import('../write-result.ts')
  const format = flags.json ? 'json' : flags.format
  await queryLake(projectOf(flags), flags.sql, (result) => writeResult(result, format, process.stdout))
  return 0
}
