import type { Argv } from 'yargs'
import type { QueryResult } from '../../control/query-lake.ts'
import { type GlobalFlags, projectOf } from '../context.ts'
import { parseVersion } from '../parse-version.ts'

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
    .option('at', { type: 'string', describe: 'number of an older version; droplake history lists them' })

export async function handler(
  flags: GlobalFlags & {
    readonly sql: string
    readonly format: 'table' | 'csv' | 'json' | 'arrow'
    readonly at?: string | undefined
  },
): Promise<number> {
  const { queryLake, queryVersion } = await import('../../control/query-lake.ts')
  const { writeResult } = await import('../write-result.ts')
  const format = flags.json ? 'json' : flags.format
  const read = (result: QueryResult) => writeResult(result, format, process.stdout)
  const project = projectOf(flags)
  if (flags.at === undefined) await queryLake(project, flags.sql, read)
  else await queryVersion(project, parseVersion(flags.at), flags.sql, read)
  return 0
}
