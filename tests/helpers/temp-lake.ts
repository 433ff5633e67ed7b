import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { OpenOptions } from '../../control/open-lake.ts'
import { type QueryResult, queryLake, queryVersion } from '../../control/query-lake.ts'
import { loadProject, type Project } from '../../core/config/load-config.ts'
import { silentLogger } from '../../core/logger.ts'
import { runPipeline } from '../../pipeline/run.ts'
import type { RunSummary } from '../../pipeline/summary.ts'
import { verify } from '../../pipeline/verify/index.ts'

export const REPOSITORY = join(import.meta.dirname, '..', '..')

/** A whole lake in a temporary folder, gone when the test has ended. */
export class TempLake {
  readonly folder: string
  readonly #hasPages: boolean

  constructor(folder: string, hasPages = false) {
    this.folder = folder
    this.#hasPages = hasPages
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** Drop files: by name, their text or bytes. */
  async drop(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    for (const [name, content] of Object.entries(files))
      await writeFile(this.path('workingArea', 'uploads', name), content)
  }

  /** Write a file of the project, such as its config. */
  async write(name: string, content: string): Promise<void> {
    await writeFile(this.path(name), content)
  }

  async run(options: Partial<OpenOptions> = {}): Promise<RunSummary> {
    return runPipeline(this.project, {
      log: silentLogger(),
      clock: () => new Date(),
      onProgress: () => undefined,
      ...options,
    })
  }

  get project(): Project {
    return loadProject({
      projectFolder: this.folder,
      cwd: this.folder,
      env: { DROPLAKE_REPORT_PAGES: String(this.#hasPages) },
    })
  }

  /** What `droplake verify` finds, as `check: file: message`; `--deep` unless told otherwise. */
  async findings(deep = true): Promise<string[]> {
    const { findings } = await verify(this.project, { deep })
    return findings.map(({ check, file, message }) => [check, file, message].filter(Boolean).join(': '))
  }

  /** Rows of a query over the newest version, values as text. */
  async query(sql: string): Promise<string[][]> {
    return queryLake(this.project, sql, textRows)
  }

  /** Rows of a query over an older version, values as text. */
  async at(version: number, sql: string): Promise<string[][]> {
    return queryVersion(this.project, version, sql, textRows)
  }

  async read(...names: string[]): Promise<string> {
    return readFile(this.path(...names), 'utf8')
  }

  /** Names of files below a folder, sorted, without `.gitkeep`. */
  async list(...names: string[]): Promise<string[]> {
    const entries = await readdir(this.path(...names), { recursive: true, withFileTypes: true }).catch(() => [])
    const files = entries.filter((entry) => !entry.isDirectory() && entry.name !== '.gitkeep')
    return files.map((entry) => join(entry.parentPath, entry.name).slice(this.path(...names).length + 1)).sort()
  }
}

async function textRows(result: QueryResult): Promise<string[][]> {
  const rows: string[][] = []
  for await (const chunk of result.chunks) rows.push(...chunk.getRows().map((row) => row.map((value) => String(value))))
  return rows
}

export interface TempLakeOptions {
  readonly config?: unknown
  readonly uploads?: Record<string, string | Buffer>
  readonly sql?: Record<string, string>
  /** Runs write pages of reports, too: they take longer then. */
  readonly pages?: boolean
}

/** The hires lake, or one of another config, with these uploads dropped. */
export async function tempLake(options: TempLakeOptions = {}): Promise<TempLake> {
  const folder = await mkdtemp(join(tmpdir(), 'droplake-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return fillLake(folder, options)
}

/** Make the project of `tempLake` in an empty folder. */
export async function fillLake(folder: string, options: TempLakeOptions = {}): Promise<TempLake> {
  await mkdir(join(folder, 'workingArea', 'uploads'), { recursive: true })
  if (options.config === undefined) {
    await cp(join(REPOSITORY, 'pipeline_config.json'), join(folder, 'pipeline_config.json'))
    await cp(join(REPOSITORY, 'pipeline', 'app', 'marts'), join(folder, 'pipeline', 'app', 'marts'), {
      recursive: true,
    })
  } else {
    await writeFile(join(folder, 'pipeline_config.json'), JSON.stringify(options.config))
  }
  for (const [path, text] of Object.entries(options.sql ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const lake = new TempLake(folder, options.pages)
  await lake.drop(options.uploads ?? {})
  return lake
}

/** Departments and jobs that employees in tests refer to. */
export const PARENTS = {
  'departments.csv': '1,Sales\n2,Support\n3,Legal\n',
  'jobs.csv': '1,Recruiter\n2,Analyst\n',
}
