import { didYouMean } from '../../../core/config/nearest-name.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { ENTRY_COLUMNS } from '../../inbox/entry-columns.ts'
import { matchColumn } from '../match-column.ts'
import { fitsTypes, typePatterns } from './looks-like-record.ts'

/** A header held against the contract. */
export interface Header {
  /** Of each field, the table's column, or the name of an extra one; no two alike. */
  readonly columns: readonly string[]
  readonly extra: readonly string[]
  readonly missing: readonly string[]
  /** Names that are written otherwise than in the contract. */
  readonly renamed: readonly { readonly found: string; readonly column: string }[]
}

const OUR_COLUMNS: ReadonlySet<string> = new Set(ENTRY_COLUMNS)

/** `header`: the columns are named. `mismatch`: it is a header, but the file cannot be read by it. `data`: a record. */
export type HeaderMatch =
  | { readonly status: 'header'; readonly header: Header }
  | { readonly status: 'mismatch'; readonly known: readonly string[] }
  | { readonly status: 'data' }

/**
 * Tell by the contract's names and types whether a file's first record is a header. Case, order, spaces, hyphens and
 * underscores of names do not count; optional columns may be missing.
 */
export function matchHeader(fields: readonly string[], table: TableConfig): HeaderMatch {
  if (table.header === false) return { status: 'data' }
  const named = fields.map((field) => matchColumn(field, table))
  const known = named.filter((column) => column !== undefined)
  const header = headerOf(fields, named, table)
  const isHalf = known.length * 2 >= fields.filter((field) => !OUR_COLUMNS.has(field)).length && known.length > 0
  const isUsable =
    new Set(known).size === known.length &&
    header.missing.every((column) => mayLack(column, table)) &&
    (header.extra.length === 0 || table.onExtraColumns !== 'refuse')
  // Data may hold a column's name by chance, but not the names of all mandatory columns.
  const isWhole = known.length === Object.keys(table.columns).length
  if (isUsable && (isHalf || isWhole || known.length > 1)) return { status: 'header', header }
  if (table.header !== true && (!isHalf || isRecord(fields, table))) return { status: 'data' }
  return { status: 'mismatch', known }
}

/** What is wrong with a header, and what to do about it. */
export function headerMismatch(
  name: string,
  fields: readonly string[],
  known: readonly string[],
  table: TableConfig,
): DroplakeError {
  const columns = Object.keys(table.columns)
  const missing = columns.filter((column) => !known.includes(column) && !mayLack(column, table))
  const extra = fields.filter((field) => matchColumn(field, table) === undefined)
  const twice = columns.filter((column) => known.filter((other) => other === column).length > 1)
  const refusesExtra = table.onExtraColumns === 'refuse' || missing.length > 0
  const faults = [
    missing.length > 0 ? `lacks ${quoteAll(missing)}` : '',
    extra.length > 0 && refusesExtra ? `has the unknown ${quoteAll(extra)}` : '',
    twice.length > 0 ? `has ${quoteAll(twice)} twice` : '',
  ].filter(Boolean)
  const suggestion = extra.length === 1 ? didYouMean(extra[0] ?? '', missing) : ''
  return new DroplakeError(
    'CSV_HEADER_MISMATCH',
    `"${name}": the header ${faults.join(' and ')}; expected ${columns.join(', ')}.${suggestion}`,
    {
      details: { missing, extra, twice },
      hint: 'Correct the header, or the columns in pipeline_config.json, then drop the file again.',
    },
  )
}

function headerOf(fields: readonly string[], named: readonly (string | undefined)[], table: TableConfig): Header {
  const columns: string[] = []
  const extra: string[] = []
  const taken = new Set<string>()
  for (const [index, field] of fields.entries()) {
    const column = named[index]
    const name = column ?? freeName(field.trim() === '' ? `column_${index + 1}` : field.trim(), taken)
    if (column === undefined) extra.push(name)
    columns.push(name)
    taken.add(name)
  }
  const present = new Set(named)
  const missing = Object.keys(table.columns).filter((column) => !present.has(column))
  const renamed = fields.flatMap((field, index) => {
    const column = named[index]
    return column === undefined || column === field ? [] : [{ found: field, column }]
  })
  return { columns, extra, missing, renamed }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let number = 1
  while (taken.has(number === 1 ? name : `${name}_${number}`)) number++
  return number === 1 ? name : `${name}_${number}`
}

function mayLack(column: string, table: TableConfig): boolean {
  if (table.onMissingColumns === 'allow') return table.columns[column]?.required === false
  return table.onMissingColumns === 'quarantine'
}

/** By its types: a table of text alone has no record that could be told from a header. */
function isRecord(fields: readonly string[], table: TableConfig): boolean {
  const patterns = typePatterns(table, Object.keys(table.columns))
  const isTyped = patterns.some((pattern) => pattern !== undefined)
  return isTyped && fields.length === patterns.length && fitsTypes(fields, patterns)
}

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `"${name.trim()}"`).join(', ')
}
