import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import type { MartConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { findCycle, orderByDependency } from '../../core/order-by-dependency.ts'
import { findInputs } from './find-inputs.ts'
import {
  type MartInputs,
  type MartQuery,
  type MartTest,
  martInvalid,
  martPlace,
  type SelectText,
} from './mart-query.ts'
import { type TestSource, testsOf } from './mart-tests.ts'
import { describeColumns, showEmptyMart, withEmptyTables } from './scratch-catalog.ts'

/**
 * Read every mart's SQL and tests, and hold them against empty tables of the contract: no data file is read. Nothing of it
 * stays in the engine.
 *
 * @returns each mart after those that it reads, otherwise in the order of the config
 * @throws {DroplakeError} MART_INVALID when one is not one SELECT, does not fit the tables, reads what is not there or what
 *   reads it, or uses an unknown parameter
 */
export async function readMarts(engine: Engine, project: Project): Promise<MartQuery[]> {
  const drafts: Draft[] = []
  for (const [martName, mart] of Object.entries(project.config.marts))
    drafts.push(await readDraft(engine, project, martName, mart))
  return withEmptyTables(engine, project.config.tables, async () => {
    const marts: MartQuery[] = []
    for (const draft of orderDrafts(drafts)) marts.push(await readMart(engine, project, draft))
    return marts
  })
}

/**
 * Hold the SQL of every `trace` against empty tables and marts, too.
 *
 * @param queries of `readMarts`
 * @throws {DroplakeError} MART_INVALID
 */
export async function checkTraces(engine: Engine, project: Project, queries: readonly MartQuery[]): Promise<void> {
  await withEmptyTables(engine, project.config.tables, async () => {
    for (const { martName, columns } of queries) await showEmptyMart(engine, martName, columns)
    for (const [martName, { trace }] of Object.entries(project.config.marts))
      if (trace !== undefined) await readTrace(engine, project, martName, trace)
  })
}

/**
 * Read the SELECT of the rows behind a mart, with the values of the parameters that it uses. The engine must have what it
 * reads.
 *
 * @throws {DroplakeError} MART_INVALID
 */
export async function readTrace(engine: Engine, project: Project, martName: string, path: string): Promise<SelectText> {
  const place = martPlace(martName, path)
  const text = await readSelect(engine, project, place, path)
  const query = await withParameters(engine, project, place, text)
  await describeColumns(engine, query).catch((cause: unknown) => {
    throw martInvalid(place, messageOf(cause), cause)
  })
  return query
}

/** A mart whose text is read; whether the engine can run it shows when the marts that it reads are there. */
interface Draft {
  readonly martName: string
  readonly path: string
  readonly text: string
  readonly tests: readonly (TestSource & { readonly text: string; readonly place: string })[]
  readonly inputs: MartInputs
  readonly isFickle: boolean
}

async function readDraft(engine: Engine, project: Project, martName: string, mart: MartConfig): Promise<Draft> {
  const place = martPlace(martName, mart.sql)
  const text = await readSelect(engine, project, place, mart.sql)
  const tests: Draft['tests'][number][] = []
  for (const test of testsOf(martName, mart.tests)) {
    const at = `${place}, test "${test.name}"`
    const written = 'path' in test.query ? await readSelect(engine, project, at, test.query.path) : test.query.text
    tests.push({ ...test, text: written, place: at })
  }
  const own = await findInputs(engine, project.config, place, text)
  const tested: MartInputs[] = []
  for (const test of tests.filter(({ isOwn }) => !isOwn))
    tested.push(await findInputs(engine, project.config, test.place, test.text))
  const namesOf = (kind: keyof MartInputs) => [...new Set([own, ...tested].flatMap((found) => found[kind]))].sort()
  const isRead = (name: string) => name !== martName || own.marts.includes(name)
  const inputs = { tables: namesOf('tables'), marts: namesOf('marts').filter(isRead) }
  return { martName, path: mart.sql, text, tests, inputs, isFickle: own.isFickle }
}

/** The text of a file with one SELECT, without the semicolon that ends it. */
async function readSelect(engine: Engine, project: Project, place: string, path: string): Promise<string> {
  const read = await readFile(resolve(project.folder, path), 'utf8').catch((cause: unknown) => {
    throw martInvalid(place, messageOf(cause), cause)
  })
  const text = read.replace(/;\s*$/, '')
  const statements = await engine.countStatements(text).catch((cause: unknown) => {
    throw martInvalid(place, messageOf(cause), cause)
  })
  if (statements === 1) return text
  const isPivot = /\bpivot\b/i.test(text)
  throw martInvalid(
    place,
    `found ${statements} statements; expected one SELECT${isPivot ? ' (a PIVOT counts as several, unless it names its columns: ON … IN (…))' : ''}`,
  )
}

/** @throws {DroplakeError} MART_INVALID, the circle named */
function orderDrafts(drafts: readonly Draft[]): Draft[] {
  const byName = new Map(drafts.map((draft) => [draft.martName, draft]))
  const readBy = (name: string) => byName.get(name)?.inputs.marts ?? []
  const ordered = orderByDependency([...byName.keys()], readBy)
  if (ordered !== undefined) return ordered.flatMap((name) => byName.get(name) ?? [])
  const circle = findCycle([...byName.keys()], readBy).map((name) => `app.${name}`)
  throw new DroplakeError('MART_INVALID', `marts read each other in a circle: ${circle.join(' → ')}`, {
    details: { circle },
    hint: 'Take one of these references out of the SQL, or out of a test, and run again; nothing was changed.',
  })
}

/** Hold a mart and its tests against what they read, as far as that can be done without rows. */
async function readMart(engine: Engine, project: Project, draft: Draft): Promise<MartQuery> {
  const { martName, path, text, inputs, isFickle } = draft
  const place = martPlace(martName, path)
  const query = await withParameters(engine, project, place, text)
  const columns = await describeColumns(engine, query).catch((cause: unknown) => {
    throw martInvalid(place, messageOf(cause), cause)
  })
  await showEmptyMart(engine, martName, columns)
  const tests: MartTest[] = []
  for (const { name, finding, isOwn, place: at, text: testText, columns: needed } of draft.tests) {
    refuseMissing(at, needed, columns)
    const test = isOwn ? { text: testText, parameters: {} } : await readTest(engine, project, at, testText)
    tests.push({ name, finding, ...test })
  }
  return { martName, path, ...query, inputs, isFickle, tests, columns }
}

/** A test that a person wrote, held against the empty mart. */
async function readTest(engine: Engine, project: Project, place: string, text: string): Promise<SelectText> {
  const test = await withParameters(engine, project, place, text)
  await describeColumns(engine, test).catch((cause: unknown) => {
    throw martInvalid(place, messageOf(cause), cause)
  })
  return test
}

/** SQL knows no upper and lower case. */
function refuseMissing(place: string, needed: readonly string[], columns: readonly { readonly name: string }[]): void {
  const known = columns.map(({ name }) => name)
  const missing = needed.find((column) => known.every((name) => name.toLowerCase() !== column.toLowerCase()))
  if (missing === undefined) return
  const suggestion = didYouMean(missing, known) || ` It has ${known.map((name) => `"${name}"`).join(', ')}.`
  throw martInvalid(place, `the mart has no column "${missing}".${suggestion}`)
}

/** @throws {DroplakeError} MART_INVALID when it uses a parameter that the config lacks */
async function withParameters(engine: Engine, project: Project, place: string, text: string): Promise<SelectText> {
  const { parameters: names } = await engine.inspect(text).catch((cause: unknown) => {
    throw martInvalid(place, messageOf(cause), cause)
  })
  const known = project.config.parameters
  for (const name of names) {
    if (!Object.hasOwn(known, name))
      throw martInvalid(
        place,
        `it uses $${name}, which "parameters" in pipeline_config.json lacks.${didYouMean(name, Object.keys(known))}`,
      )
  }
  return { text, parameters: Object.fromEntries(names.map((name) => [name, known[name] ?? null])) }
}
