import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readLakeState } from '../../control/catalog.ts'
import { layoutOf } from '../../control/layout.ts'
import type { Project } from '../../core/config/load-config.ts'
import { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { type ColumnEvidence, readColumnEvidence } from './column-evidence.ts'
import { tableNameOf } from './column-names.ts'
import { type Contract, columnContract, isRequired, likelyReferences } from './contract.ts'
import { type ExpectedRejects, expectedRejects } from './expected-rejects.ts'
import { findKeys, type KeyEvidence } from './key-evidence.ts'
import { dialectNotes, keyNotes, nameNotes, referenceNotes } from './notes.ts'
import { type OpenedSample, openSample } from './open-sample.ts'
import type { SampleRecords } from './read-sample.ts'
import { findReferences, type ReferenceEvidence } from './reference-evidence.ts'
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
  readonly wholeBytes?: number | undefined
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
  readonly expected: readonly ExpectedRejects[]
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
    const { hasHeader, wholeBytes } = options
    const opened = await openSample(engine, path, scratch, { limits: project.config.limits, hasHeader, wholeBytes })
    return await proposeFrom(engine, project, opened, options.tableName)
  } finally {
    engine.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

async function existingFile(path: string): Promise<string> {
  const absolute = resolve(path)
  const stats = await stat(absolute).catch((cause: unknown) => {
    throw new DroplakeError('USAGE', `"${path}" cannot be read: ${messageOf(cause)}`, { hint: 'Name a file.' })
  })
  if (!stats.isFile()) throw new DroplakeError('USAGE', `"${path}" is no file`, { hint: 'Name a file.' })
  return absolute
}

async function proposeFrom(
  engine: Engine,
  project: Project,
  opened: OpenedSample,
  tableName: string | null,
): Promise<Proposal> {
  const { fileName, sample, found } = opened
  const { records, malformed, dialect } = found
  const named = tableNameOf(fileName)
  const table = tableName ?? named.name
  const evidence = await gatherEvidence(engine, project, found, table)
  const { columns, keys, references, chosen } = evidence
  const proposed = contractOf(named.pattern, opened.encoding, evidence, records - malformed)
  const settled = dialect === null ? null : await settleDialect(opened, proposed, dialect)
  const contract: Contract = { ...proposed, ...settled?.declared }
  const counts = { wellFormed: records - malformed, malformed: settled?.malformed ?? malformed }
  return {
    table,
    contract,
    sample: sample.what,
    records,
    columns,
    keys,
    references,
    expected: expectedRejects(columns, contract, keys, chosen, counts),
    notes: [
      ...dialectNotes(opened),
      ...columns.flatMap(({ column, remarks }) => remarks.map((remark) => `${column}: ${remark}`)),
      ...keyNotes(keys),
      ...referenceNotes(references, chosen),
      ...nameNotes(project, fileName, table, contract),
      ...(sample.isWhole ? [] : [`It was read in part: ${sample.what}. What the rest holds may differ.`]),
    ],
  }
}

interface Evidence {
  readonly columns: readonly ColumnEvidence[]
  readonly keys: readonly KeyEvidence[]
  /** Columns of the key that is proposed. */
  readonly key: readonly string[]
  readonly references: readonly ReferenceEvidence[]
  /** Those that are proposed. */
  readonly chosen: readonly ReferenceEvidence[]
}

async function gatherEvidence(
  engine: Engine,
  project: Project,
  { rows, columns: names, records, malformed }: SampleRecords,
  table: string,
): Promise<Evidence> {
  const columns: ColumnEvidence[] = []
  for (const name of names) columns.push(await readColumnEvidence(engine, rows, records - malformed, name))
  const keys = await findKeys(engine, rows, keyColumns(columns))
  const key = keys[0]?.columns ?? names.slice(0, 1)
  const layout = layoutOf(project)
  const { dataFiles } = await readLakeState(engine, layout)
  const references = await findReferences(engine, project, layout, dataFiles, rows, columns, table)
  const chosen = likelyReferences(references).filter(({ column }) => key.length > 1 || column !== key[0])
  return { columns, keys, key, references, chosen }
}

function contractOf(
  pattern: string,
  encoding: OpenedSample['encoding'],
  { columns, key, chosen }: Evidence,
  records: number,
): Contract {
  const entries = columns.map((evidence) => {
    const isReference = chosen.some(({ column }) => column === evidence.column)
    const role = { isKey: key.includes(evidence.column), isReference }
    return [evidence.column, columnContract(evidence, role, records)] as const
  })
  const references = chosen.map(({ column, table }) => ({ columns: [column], table }))
  return {
    files: [pattern],
    ...(encoding === null ? {} : { encoding }),
    columns: Object.fromEntries(entries),
    primaryKey: key,
    ...(references.length === 0 ? {} : { references }),
  }
}

/** Columns that a key can be of: sums and measures are no names. */
function keyColumns(columns: readonly ColumnEvidence[]): ColumnEvidence[] {
  const isMeasure = ({ type }: ColumnEvidence) => /^(double|decimal|boolean)/.test(type)
  const required = columns.filter((column) => isRequired(column) && column.distinct > 0 && !isMeasure(column))
  return required.length > 0 ? required : columns.filter((column) => column.distinct > 0)
}
