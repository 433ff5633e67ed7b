import { DroplakeError } from '../errors.ts'

/** A setting that a flag or the environment can change for one command. */
interface Override {
  /** Place in pipeline_config.json. */
  readonly path: readonly [string, string]
  readonly env: string
  /** @returns undefined for a text that says no value */
  readonly parse: (text: string) => unknown
  readonly expected?: string
}

const OVERRIDES: readonly Override[] = [
  { path: ['engine', 'threads'], env: 'DROPLAKE_THREADS', parse: wholeNumber, expected: 'a whole number' },
  { path: ['engine', 'memoryLimit'], env: 'DROPLAKE_MEMORY_LIMIT', parse: String },
  { path: ['reports', 'pages'], env: 'DROPLAKE_REPORT_PAGES', parse: trueOrFalse, expected: 'true or false' },
  { path: ['log', 'level'], env: 'DROPLAKE_LOG_LEVEL', parse: String },
]

/** Values given by flags, by place: `{ 'log.level': 'debug' }`. */
export type Flags = Readonly<Record<string, unknown>>
export type Source = 'flag' | 'environment' | 'file' | 'default'

/**
 * The document of pipeline_config.json with flags and environment laid over it (flag, environment, file, default).
 *
 * @returns `sources` by place, for those that are not from the file
 * @throws {DroplakeError} USAGE when a variable has no value of its type
 */
export function applyOverrides(
  document: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
  flags: Flags,
): { document: Record<string, unknown>; sources: Map<string, Source> } {
  const sources = new Map<string, Source>()
  const result = structuredClone(document)
  for (const override of OVERRIDES) {
    const { path, env: variable } = override
    const place = path.join('.')
    const fromFlag = flags[place]
    const fromEnv = env[variable]
    if (fromFlag === undefined && (fromEnv === undefined || fromEnv === '')) continue
    sources.set(place, fromFlag === undefined ? 'environment' : 'flag')
    const [group, key] = path
    const value = fromFlag ?? parseVariable(override, fromEnv ?? '')
    result[group] = { ...(result[group] as Record<string, unknown> | undefined), [key]: value }
  }
  return { document: result, sources }
}

function parseVariable({ env, parse, expected }: Override, text: string): unknown {
  const value = parse(text)
  if (value !== undefined) return value
  throw new DroplakeError('USAGE', `environment variable ${env} is "${text}"; expected ${expected}`)
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function trueOrFalse(text: string): boolean | undefined {
  return { true: true, false: false }[text]
}
