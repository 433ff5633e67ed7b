import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { DroplakeError, messageOf } from '../errors.ts'
import { checkConfig } from './check-config.ts'
import { didYouMean } from './nearest-name.ts'
import { type Config, configJsonSchema, configSchema } from './schema.ts'
import { applyOverrides, type Flags, type Source } from './settings.ts'

export const CONFIG_FILE = 'pipeline_config.json'

/** A config that was read and checked, and the folder it stands in. */
export interface Project {
  /** Absolute path of the folder of pipeline_config.json. */
  readonly folder: string
  readonly config: Config
  /** The file as it was written, and what flags and environment laid over it: for `config show`. */
  readonly document: Readonly<Record<string, unknown>>
  readonly sources: ReadonlyMap<string, Source>
}

export interface LoadOptions {
  /** Folder of pipeline_config.json; unset means the nearest one from `cwd` upward. */
  readonly projectFolder?: string | undefined
  /** Another file to read in the place of pipeline_config.json; what it names is still looked for in the project's folder. */
  readonly configFile?: string | undefined
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly flags?: Flags
}

/**
 * Read, check and complete pipeline_config.json.
 *
 * @throws {DroplakeError} CONFIG_NOT_FOUND, CONFIG_NOT_JSON, CONFIG_INVALID (one line per fault), USAGE
 */
export function loadProject(options: LoadOptions): Project {
  const folder =
    options.projectFolder === undefined ? findProject(options.cwd) : resolve(options.cwd, options.projectFolder)
  const file = options.configFile === undefined ? join(folder, CONFIG_FILE) : resolve(options.cwd, options.configFile)
  const written = readDocument(file)
  const { document, sources } = applyOverrides(written, options.env, options.flags ?? {})
  // It is read once: compiling a parser for it takes longer than reading it without.
  const parsed = configSchema.safeParse(document, { jitless: true })
  const faults = parsed.success ? checkConfig(parsed.data, folder) : parsed.error.issues.flatMap(describeIssue)
  if (parsed.success && faults.length === 0) return { folder, config: parsed.data, document: written, sources }
  throw new DroplakeError(
    'CONFIG_INVALID',
    [`${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`, ...faults].join('\n  '),
    {
      details: { file, faults },
      hint: 'Correct the file, then: droplake config check',
    },
  )
}

function findProject(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    try {
      readFileSync(join(folder, CONFIG_FILE))
      return folder
    } catch {
      if (dirname(folder) === folder) break
    }
  }
  throw new DroplakeError('CONFIG_NOT_FOUND', `no ${CONFIG_FILE} in "${resolve(cwd)}" or any folder above it`, {
    hint: 'Name its folder with -C DIR, or make a lake: droplake init mylake',
  })
}

function readDocument(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new DroplakeError('CONFIG_NOT_FOUND', `cannot read "${path}": ${messageOf(cause)}`, {
      cause,
      hint: 'Name the folder of pipeline_config.json with -C DIR, or make a lake: droplake init mylake',
    })
  }
  try {
    const document: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    if (typeof document === 'object' && document !== null && !Array.isArray(document))
      return document as Record<string, unknown>
  } catch (cause) {
    throw new DroplakeError('CONFIG_NOT_JSON', `${path}: ${messageOf(cause)}`, {
      cause,
      hint: 'Correct the JSON at that place.',
    })
  }
  throw new DroplakeError('CONFIG_NOT_JSON', `${path} holds no JSON object; expected { "name": …, "tables": … }`)
}

/** One sentence per fault, beginning with its place: `tables.employees.columns: unknown key "colums". Did you mean …?` */
function describeIssue(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.length === 0 ? 'the file' : issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path)
    return issue.keys.map(
      (key) => `${place}: unknown key "${key}".${didYouMean(key, known) || ` Known are ${known.join(', ')}.`}`,
    )
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return [`${place}: missing; expected ${issue.expected}.`]
  }
  return [`${place}: ${issue.message.replace(/^Invalid input: /, '')}.`]
}

type JsonSchema = { properties?: Record<string, JsonSchema>; additionalProperties?: JsonSchema; items?: JsonSchema }

/** The keys that the schema allows at a place. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema = configJsonSchema() as JsonSchema | undefined
  for (const step of path) {
    schema =
      typeof step === 'number' ? schema?.items : (schema?.properties?.[String(step)] ?? schema?.additionalProperties)
  }
  return Object.keys(schema?.properties ?? {})
}
