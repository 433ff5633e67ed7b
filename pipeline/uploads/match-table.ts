import { didYouMean } from '../../core/config/nearest-name.ts'
import type { Config } from '../../core/config/schema.ts'
import { DroplakeError } from '../../core/errors.ts'

/**
 * The table that an upload's name belongs to.
 *
 * @throws {DroplakeError} UPLOAD_UNKNOWN_TABLE when no pattern matches, UPLOAD_AMBIGUOUS_TABLE when those of two tables do
 */
export function matchTable(name: string, tables: Config['tables']): string {
  const matching = Object.entries(tables).filter(([, table]) =>
    table.files.some((pattern) => matchesPattern(name, pattern)),
  )
  const [first, second] = matching
  if (first === undefined) throw unknownTable(name, tables)
  if (second !== undefined) {
    throw new DroplakeError(
      'UPLOAD_AMBIGUOUS_TABLE',
      `"${name}" matches the patterns of "${first[0]}" and of "${second[0]}"; expected those of one table`,
      {
        hint: 'Make the "files" patterns in pipeline_config.json exclude each other, then drop the file again.',
      },
    )
  }
  return first[0]
}

/**
 * Shell patterns over the whole name: `*` any characters, `?` one; upper and lower case are the same. A packed file is known
 * by its own name and by that of what is in it: `people.csv.gz` matches `*.csv`.
 */
export function matchesPattern(name: string, pattern: string): boolean {
  return matchesWhole(name, pattern) || matchesWhole(name.replace(/\.(gz|zst)$/i, ''), pattern)
}

function matchesWhole(name: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${expression}$`, 'isu').test(name)
}

function unknownTable(name: string, tables: Config['tables']): DroplakeError {
  const patterns = Object.values(tables).flatMap((table) => table.files)
  const expected =
    patterns.length === 0
      ? 'pipeline_config.json declares none'
      : `expected a name like ${patterns.map((pattern) => `"${pattern}"`).join(', ')}`
  const stem = name.replace(/[^\p{L}].*$/u, '')
  return new DroplakeError(
    'UPLOAD_UNKNOWN_TABLE',
    `"${name}" matches no table; ${expected}.${didYouMean(stem, Object.keys(tables))}`,
    {
      hint: 'Rename the file or add a pattern to "files" in pipeline_config.json, then drop it again.',
    },
  )
}
