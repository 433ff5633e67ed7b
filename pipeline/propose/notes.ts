// What a person should look at before a proposed contract is used, in sentences.
import { checkConfig } from '../../core/config/check-config.ts'
import type { Project } from '../../core/config/load-config.ts'
import { completeTable } from '../../core/config/schema.ts'
import { matchesPattern } from '../uploads/match-table.ts'
import type { Contract } from './contract.ts'
import type { KeyEvidence } from './key-evidence.ts'
import type { OpenedSample } from './open-sample.ts'
import type { ReferenceEvidence } from './reference-evidence.ts'

/** How the file was read, where that was guessed. */
export function dialectNotes({ found, encoding }: Pick<OpenedSample, 'found' | 'encoding'>): string[] {
  const { dialect, unusable } = found
  const notes: string[] = []
  if (encoding !== null) notes.push(`It is not UTF-8; it was read as ${encoding}: look at names with accents.`)
  if (dialect !== null) {
    const isOrNot =
      dialect.header === null ? 'The first record is taken for data' : 'The first record is taken for a header'
    notes.push(`${isOrNot}: ${dialect.headerReason}. (--header and --no-header say it.)`)
    const delimiter = dialect.delimiter === '\t' ? 'tab' : dialect.delimiter
    const share = Math.round(dialect.share * 1000) / 10
    notes.push(`Fields stand between "${delimiter}": of the first records, ${share} % have ${dialect.fieldCount}.`)
  }
  if (unusable.length > 0) {
    const names = unusable.map((name) => `"${name}"`).join(', ')
    notes.push(`No column can have these names, or they stand there twice: ${names}. Rename them in the file.`)
  }
  return notes
}

/** Whether the key is one, and what else would do. */
export function keyNotes(keys: readonly KeyEvidence[]): string[] {
  const [key, ...others] = keys
  if (key === undefined) return ['No column has enough values to name a row: choose the key yourself.']
  const name = key.columns.join(', ')
  const notes =
    key.share < 0.98
      ? [`Nothing names every row: ${key.repeated} records repeat the key (${name}). Choose it yourself.`]
      : []
  const more = others.filter(({ share }) => share >= 0.98).map(({ columns }) => columns.join(', '))
  return more.length === 0 ? notes : [...notes, `The key is ${name}; these would do as well: ${more.join('; ')}.`]
}

/** References that were not proposed, though something speaks for them. */
export function referenceNotes(all: readonly ReferenceEvidence[], chosen: readonly ReferenceEvidence[]): string[] {
  return all
    .filter((reference) => !chosen.includes(reference) && !chosen.some(({ column }) => column === reference.column))
    .map(({ column, table, share, isNamed }) => {
      const percent = Math.floor(share * 1000) / 10
      return isNamed
        ? `${column}: it is named for "${table}", but only ${percent} % of its values are keys there.`
        : `${column}: ${percent} % of its values are keys of "${table}" too, but its name does not say so.`
    })
}

/** Names that are taken, and whatever else of the contract the config does not allow. */
export function nameNotes(project: Project, fileName: string, table: string, contract: Contract): string[] {
  const { config, folder } = project
  const others = Object.entries(config.tables).filter(([name]) => name !== table)
  const owners = others.filter(([, other]) => other.files.some((pattern) => matchesPattern(fileName, pattern)))
  const tables = { ...config.tables, [table]: completeTable(contract) }
  const faults = checkConfig({ ...config, tables }, folder)
  return [
    ...(Object.hasOwn(config.tables, table)
      ? [`The config has a table "${table}": name another one with --table.`]
      : []),
    ...owners.map(
      ([name]) => `"${fileName}" matches the patterns of "${name}" already: make "files" exclude each other.`,
    ),
    ...faults.map((fault) => `To be corrected before it is used: ${fault}`),
  ]
}
