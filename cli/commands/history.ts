import type { Argv } from 'yargs'
import type { VersionEntry } from '../../control/versions/list-versions.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { formatTable } from '../format-table.ts'
import { rowLimit } from '../row-limit.ts'

export const command = 'history'
export const describe = 'list the versions of the lake: when, by which run, rows per table'
export const builder = (parser: Argv) =>
  parser.option('limit', { type: 'number', default: 20, describe: 'the most versions to list, newest first' })

export async function handler(flags: GlobalFlags & { readonly limit: number }): Promise<number> {
  const { listVersions } = await import('../../control/versions/list-versions.ts')
  const versions = await listVersions(projectOf(flags), rowLimit(flags.limit))
  print(flags, versions, () => formatVersions(versions))
  return 0
}

function formatVersions(versions: readonly VersionEntry[]): string {
  if (versions.length === 0) return 'No version yet.\n'
  const tables = [...new Set(versions.flatMap((version) => Object.keys(version.rows)))].sort()
  const rows = versions.map((entry) => [
    String(entry.version),
    entry.madeAt?.slice(0, 19).replace('T', ' ') ?? '',
    String(entry.runId),
    entry.command,
    ...tables.map((table) => entry.rows[table] ?? 0),
    [...(entry.isRolledBack ? ['rolled back'] : []), ...(entry.isReadable ? [] : ['vacuumed'])].join(', '),
  ])
  return formatTable(['version', 'made (UTC)', 'run', 'command', ...tables, 'state'], rows, { counts: true })
}
