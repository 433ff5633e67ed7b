import { mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { readLakeState } from '../../control/catalog.ts'
import { layoutOf } from '../../control/layout.ts'
import { checkConfig } from '../../core/config/check-config.ts'
import type { Project } from '../../core/config/load-config.ts'
import { completeTable, type TextEncoding } from '../../core/config/schema.ts'
import { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join as joinSql, sql } from '../../core/sql.ts'
import { isJsonLines } from '../ods/json-lines/load-json-lines.ts'
import { type OpenedText, openText } from '../ods/text/open-text.ts'
import { matchesPattern } from '../uploads/match-table.ts'
import { type ColumnEvidence, readColumnEvidence } from './column-evidence.ts'
import { tableNameOf } from './column-names.ts'
import { allowedValues, type Contract, columnContract, isRequired, likelyReferences } from './contract.ts'
import { findKeys, type KeyEvidence } from './key-evidence.ts'
import { readCsvSample, readJsonSample, requireRecords, type SampleRecords } from './read-sample.ts'
import { findReferences, type ReferenceEvidence } from './reference-evidence.ts'
import { type Sample, sampleText } from './sample-text.ts'
import { settleDialect } from './settle-dialect.ts'

export type { ColumnEvidence } from './column-evidence.ts'

export interface ProposeOptions {
  /** A file anywhere; absolute, or relative to the current folder. */
  readonly path: string
  /** Null: from the name of the file. */
  readonly tableName: string | null
  /** Whether the first record names the columns; unset: found out. */
  readonly hasHeader?: boolean | undefined
  /** For tests: a file of at most so many bytes is read whole. */
  readonly wholeBytes?: number
}

/** A contract for a file that has none, and what speaks for it. */
export interface Proposal {
  readonly table: string
  readonly contract: Contract
  /** Which part of the file was read: `all of it`, or which pieces. */
  readonly sample: string
  readonly records: number
  readonly columns: readonly ColumnEvidence[]
  /** The proposed key first, then others that would do. */
  readonly keys: readonly KeyEvidence[]
  readonly references: readonly ReferenceEvidence[]
  /** Rules of the contract that records of the sample break, and how many do. */
  readonly expected: readonly { readonly rule: string; readonly records: number }[]
  /** What else a person should look at, in sentences. */
  readonly notes: readonly string[]
}

/**
 * Propose the contract of an unknown file from its records. Nothing is written to the lake. The contract is loose where the
 * records do not tell: it has no greatest value, and lists and references only where nearly all records support them.
 *
 * @throws {DroplakeError} USAGE when there is no such file; UPLOAD_NOT_TEXT, UPLOAD_DAMAGED, UPLOAD_TOO_LARGE, UPLOAD_EMPTY
 */
export async function propose(project: Project, options: ProposeOptions): Promise<Proposal> {
  const path = await existingFile(options.path)
  const scratch = await mkdtemp(join(tmpdir(), 'droplake-propose-'))
  const engine = await Engine.open({ path: ':memory:', ...project.config.engine })
  try {
    const opened = await openSample(engine, project, path, scratch, options)
    return await proposeFrom(engine, project, basename(path), opened, options)
  } finally {
    engine.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

interface Opened {
  readonly text: OpenedText
  readonly sample: Sample
  readonly found: SampleRecords
  /** What the contract has to declare; null for what is found out by itself. */
  readonly encoding: TextEncoding | null
}

async function existingFile(path: string): Promise<string> {
  const absolute = resolve(path)
  const stats = await stat(absolute).catch((cause: unknown) => {
    throw new DroplakeError('USAGE', `"${path}" cannot be read: ${messageOf(cause)}`, { hint: 'Name a file.' })
  })
  if (!stats.isFile()) throw new DroplakeError('USAGE', `"${path}" is no file`, { hint: 'Name a file.' })
  return absolute
}

/** Open a file through a link in a folder of our own: what is unpacked or converted goes beside the link. */
async function openSample(
  engine: Engine,
  project: Project,
  path: string,
  scratch: string,
  { hasHeader, wholeBytes }: ProposeOptions,
): Promise<Opened> {
  const name = basename(path)
  const { size: sizeBytes } = await stat(path)
  const open = async (encoding: TextEncoding | undefined, folder: string): Promise<Opened> => {
    const link = join(scratch, folder)
    await symlink(path, link)
    const text = await openText({ name, path: link, sizeBytes, encoding, limits: project.config.limits })
    const sample = await sampleText(text, join(scratch, `${folder}.pieces`), wholeBytes)
    const found = isJsonLines(name)
      ? await readJsonSample(engine, sample, project.config.limits.maxFieldBytes)
      : await readCsvSample(engine, text, sample, hasHeader)
    return { text, sample, found, encoding: encoding ?? null }
  }
  const asItIs = await open(undefined, 'upload')
  const notUtf8 = asItIs.found.faults.get('not_utf8') ?? 0
  // One damaged record does not make a file Latin: most records with an accent have to be no UTF-8.
  const isLatin = notUtf8 > (await countAccented(engine, asItIs.found))
  const opened = isLatin ? await open('windows-1252', 'upload-windows-1252') : asItIs
  requireRecords(opened.found, name)
  return opened
}

/** Well-formed records with a character beyond ASCII. */
async function countAccented(engine: Engine, { rows, columns }: SampleRecords): Promise<number> {
  const beyond = columns.map((column) => sql`strlen(${ident(column)}) > length(${ident(column)})`)
  const { records } = await engine.row<{ records: number }>(
    sql`select count(*) as records from ${rows} as _rows where ${joinSql(beyond, ' or ')}`,
  )
  return records
}

async function proposeFrom(
  engine: Engine,
  project: Project,
  fileName: string,
  { text, sample, found, encoding }: Opened,
  options: ProposeOptions,
): Promise<Proposal> {
  const { rows, records, malformed, dialect } = found
  const wellFormed = records - malformed
  const named = tableNameOf(fileName)
  const table = options.tableName ?? named.name
  const columns: ColumnEvidence[] = []
  for (const column of found.columns) columns.push(await readColumnEvidence(engine, rows, wellFormed, column))
  const keys = await findKeys(engine, rows, keyColumns(columns))
  const key = keys[0]?.columns ?? found.columns.slice(0, 1)
  const layout = layoutOf(project)
  const { dataFiles } = await readLakeState(engine, layout)
  const references = await findReferences(engine, project, layout, dataFiles, rows, columns, table)
  const chosen = likelyReferences(references).filter(({ column }) => key.length > 1 || column !== key[0])
  const contract: Contract = {
    files: [named.pattern],
    ...(encoding === null ? {} : { encoding }),
    columns: Object.fromEntries(
      columns.map((evidence) => {
        const role = {
          isKey: key.includes(evidence.column),
          isReference: chosen.some(({ column }) => column === evidence.column),
        }
        return [evidence.column, columnContract(evidence, role, wellFormed)]
      }),
    ),
    primaryKey: key,
    ...(chosen.length === 0
      ? {}
      : { references: chosen.map((reference) => ({ columns: [reference.column], table: reference.table })) }),
  }
  const settled =
    dialect === null
      ? null
      : await settleDialect({ text, sample, fileName, limits: project.config.limits }, contract, dialect)
  const whole: Contract = { ...contract, ...settled?.declared }
  return {
    table,
    contract: whole,
    sample: sample.what,
    records,
    columns,
    keys,
    references,
    expected: expectedRejects(columns, whole, keys, chosen, {
      wellFormed,
      malformed: settled?.malformed ?? malformed,
    }),
    notes: [
      ...dialectNotes(found, encoding),
      ...columns.flatMap(({ column, remarks }) => remarks.map((remark) => `${column}: ${remark}`)),
      ...keyNotes(keys),
      ...referenceNotes(references, chosen),
      ...nameNotes(project, fileName, table, whole),
      ...(sample.isWhole ? [] : [`It was read in part: ${sample.what}. What the rest holds may differ.`]),
    ],
  }
}

/** Columns that a key can be of: sums and measures are no names. */
function keyColumns(columns: readonly ColumnEvidence[]): ColumnEvidence[] {
  const isMeasure = ({ type }: ColumnEvidence) => /^(double|decimal|boolean)/.test(type)
  const required = columns.filter((column) => isRequired(column) && column.distinct > 0 && !isMeasure(column))
  return required.length > 0 ? required : columns.filter((column) => column.distinct > 0)
}

function expectedRejects(
  columns: readonly ColumnEvidence[],
  contract: Contract,
  keys: readonly KeyEvidence[],
  references: readonly ReferenceEvidence[],
  { wellFormed, malformed }: { readonly wellFormed: number; readonly malformed: number },
): Proposal['expected'] {
  const table = completeTable(contract)
  const [key] = keys
  const found = [
    { rule: 'malformed', records: malformed },
    ...columns.flatMap((evidence) => {
      const { column, missing, otherRecords, values } = evidence
      const allowed = allowedValues(evidence, wellFormed)
      const isAllowed = (value: string) => allowed === null || allowed.includes(value)
      const hasList = Object.hasOwn(table.columns[column] ?? {}, 'oneOf')
      const others = values.filter(({ value }) => !isAllowed(value)).reduce((sum, value) => sum + value.records, 0)
      return [
        { rule: `required:${column}`, records: table.columns[column]?.required ? missing : 0 },
        { rule: `type:${column}`, records: otherRecords },
        { rule: `one_of:${column}`, records: hasList ? others : 0 },
      ]
    }),
    { rule: `unique:${table.primaryKey.join(',')}`, records: key?.repeated ?? 0 },
    ...references.map(({ column, missingRecords }) => ({ rule: `reference:${column}`, records: missingRecords })),
  ]
  return found.filter((rule) => rule.records > 0)
}

function dialectNotes({ dialect, unusable }: SampleRecords, encoding: TextEncoding | null): string[] {
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

function keyNotes(keys: readonly KeyEvidence[]): string[] {
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

function referenceNotes(all: readonly ReferenceEvidence[], chosen: readonly ReferenceEvidence[]): string[] {
  return all
    .filter((reference) => !chosen.includes(reference) && !chosen.some(({ column }) => column === reference.column))
    .map(({ column, table, share, isNamed }) => {
      const percent = Math.floor(share * 1000) / 10
      return isNamed
        ? `${column}: it is named for "${table}", but only ${percent} % of its values are keys there.`
        : `${column}: ${percent} % of its values are keys of "${table}" too, but its name does not say so.`
    })
}

function nameNotes(project: Project, fileName: string, table: string, contract: Contract): string[] {
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
