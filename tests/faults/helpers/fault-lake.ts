import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadProject, type Project } from '../../../core/config/load-config.ts'
import { silentLogger } from '../../../core/logger.ts'
import { runPipeline } from '../../../pipeline/run.ts'
import type { RunSummary } from '../../../pipeline/summary.ts'
import { REPOSITORY } from '../../helpers/temp-lake.ts'

export type Uploads = Readonly<Record<string, string>>

/** A lake at a place that stays the same, and can be put back to how it was: views hold absolute paths. */
export class FaultLake {
  readonly folder: string
  readonly #root: string

  constructor() {
    this.#root = mkdtempSync(join(tmpdir(), 'droplake-faults-'))
    this.folder = join(this.#root, 'lake-project')
    mkdirSync(this.path('workingArea', 'uploads'), { recursive: true })
    cpSync(join(REPOSITORY, 'pipeline_config.json'), this.path('pipeline_config.json'))
    cpSync(join(REPOSITORY, 'pipeline', 'app', 'marts'), this.path('pipeline', 'app', 'marts'), { recursive: true })
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** A place for scratch files of a test. */
  beside(name: string): string {
    return join(this.#root, name)
  }

  drop(uploads: Uploads): void {
    for (const [name, text] of Object.entries(uploads)) writeFileSync(this.path('workingArea', 'uploads', name), text)
  }

  project(): Project {
    const { DROPLAKE_REPORT_PAGES } = process.env
    return loadProject({ projectFolder: this.folder, cwd: this.folder, env: { DROPLAKE_REPORT_PAGES } })
  }

  /** A run in this process. */
  run(options: Partial<Parameters<typeof runPipeline>[1]> = {}): Promise<RunSummary> {
    return runPipeline(this.project(), {
      log: silentLogger(),
      clock: () => new Date(),
      onProgress: () => undefined,
      ...options,
    })
  }

  /** Remember the lake as it is now. */
  save(): void {
    rmSync(this.beside('saved'), { recursive: true, force: true })
    cpSync(this.folder, this.beside('saved'), { recursive: true, preserveTimestamps: true })
  }

  /** Put the lake back to how it was saved. */
  restore(): void {
    rmSync(this.folder, { recursive: true, force: true })
    cpSync(this.beside('saved'), this.folder, { recursive: true, preserveTimestamps: true })
  }

  /** The newest committed catalog. */
  newestCatalog(): string | undefined {
    const folder = this.path('lake', 'history')
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{6,}\.duckdb$/.test(name)) : []
    const newest = names.sort().at(-1)
    return newest === undefined ? undefined : join(folder, newest)
  }

  /** Names below a folder, sorted. */
  files(...names: string[]): string[] {
    const folder = this.path(...names)
    if (!existsSync(folder)) return []
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
  }

  /** SHA-256 of a file, null when there is none. */
  digest(...names: string[]): string | null {
    const path = this.path(...names)
    return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : null
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}
