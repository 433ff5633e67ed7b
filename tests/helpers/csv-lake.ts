import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { withLake } from '../../control/open-lake.ts'
import { selectRaw } from '../../control/relations.ts'
import { startRun } from '../../control/run-folder.ts'
import { loadProject } from '../../core/config/load-config.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { silentLogger } from '../../core/logger.ts'
import { ident, join as joinSql, sql } from '../../core/sql.ts'
import { loadRaw, type RawFile } from '../../pipeline/ods/load-raw.ts'
import { RunBatches } from '../../pipeline/ods/run-batches.ts'
import { contentIdOf } from '../../pipeline/uploads/index.ts'

/** A row of an ODS file. */
export interface RawRow {
  readonly line: number
  /** By column; null where DuckDB has no value, which is also how it reads an empty field. */
  readonly cells: Readonly<Record<string, string | null>>
  readonly malformed: string | null
  readonly raw: string | null
  /** JSON; not there when the record has nothing beyond the table's columns. */
  readonly extra?: string
}

export interface LoadOptions {
  readonly name?: string
  readonly smallBytes?: number
  /** Settings of the table for this file alone. */
  readonly contract?: Partial<TableConfig>
}

export interface LoadedFile extends RawFile {
  readonly dataFiles: readonly DataFile[]
}

/** A lake of text tables under a run that never commits: all that `loadRaw` needs, and the real thing throughout. */
export class CsvLake {
  readonly lake: Lake
  readonly run: Run
  #uploads = 0

  constructor(lake: Lake, run: Run) {
    this.lake = lake
    this.run = run
  }

  /**
   * Load these bytes as a new upload, the regular records by the engine however small the file is.
   *
   * @throws what `loadRaw` throws
   */
  async load(tableName: string, content: string | Uint8Array, options: LoadOptions = {}): Promise<LoadedFile> {
    const { name = `${tableName}.csv`, smallBytes = 0, contract = {} } = options
    const bytes = Buffer.from(content)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const number = ++this.#uploads
    const folder = join(this.run.folder, `upload-${number}`)
    await mkdir(folder)
    const path = join(folder, 'upload')
    await writeFile(path, bytes)
    const identity = { device: '0', inode: '0', sizeBytes: String(bytes.length), modifiedNs: '0' }
    const upload = {
      status: 'copied',
      name,
      tableName,
      path,
      sizeBytes: bytes.length,
      sha256,
      identity,
      isCorrection: false,
    } as const
    const batches = new RunBatches(this.lake, { ...this.run, runId: number })
    try {
      const source = await batches.sourceOf(upload, contentIdOf(tableName, sha256))
      const rawFile = await loadRaw({ ...source, smallBytes, table: { ...source.table, ...contract } })
      expect(await readdir(folder), 'files left beside the upload').toEqual(['upload'])
      expect(await batches.removeUnequal([rawFile])).toEqual([])
      const batch = (await batches.write()).get(tableName)
      const dataFiles = [rawFile.regular, batch].filter((file) => file != null)
      return { ...rawFile, dataFiles }
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  /** What ODS holds of an upload, in the order of the file. */
  async rows(rawFile: LoadedFile): Promise<RawRow[]> {
    const { tableName } = rawFile.upload
    const table = this.table(tableName)
    const columns = Object.keys(table.columns)
    const paths = rawFile.dataFiles.map((file) => join(this.lake.layout.lake, file.path))
    // The node client drops a byte order mark from the front of a value, so each one is given another first character.
    const texts = [...columns, '_malformed', '_raw', '_extra'].map((name) => sql`'=' || ${ident(name)}`)
    const rows = await this.lake.engine.rows(sql`
      select _line, [${joinSql(texts, ', ')}] as texts from (${selectRaw(table, paths)}) order by _line`)
    return rows.map(({ _line, texts }) => {
      const values = (texts as (string | null)[]).map((text) => text?.slice(1) ?? null)
      const cells = Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]))
      const [malformed = null, raw = null, extra = null] = values.slice(columns.length)
      return { line: Number(_line), cells, malformed, raw, ...(extra === null ? {} : { extra }) }
    })
  }

  table(name: string): TableConfig {
    const table = this.lake.project.config.tables[name]
    if (table === undefined) throw new Error(`the test's lake has no table "${name}"`)
    return table
  }
}

/** Open a lake with these tables in a temporary folder, do something with it, and take it away. */
export async function withCsvLake<Result>(
  tables: Readonly<Record<string, readonly string[]>>,
  work: (lake: CsvLake) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'droplake-csv-'))
  try {
    const config = {
      name: 'csv',
      engine: { threads: 2, memoryLimit: '1GB' },
      tables: Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, textTable(name, columns)])),
    }
    await writeFile(join(folder, 'pipeline_config.json'), JSON.stringify(config))
    const project = loadProject({ projectFolder: folder, cwd: folder, env: {} })
    const options = { log: silentLogger(), clock: () => new Date('2026-01-02T03:04:05Z'), onProgress: () => undefined }
    return await withLake(project, options, async (lake) => work(new CsvLake(lake, await startRun(lake, []))))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function textTable(name: string, columns: readonly string[]) {
  return {
    files: [`${name}*.csv`],
    columns: Object.fromEntries(columns.map((column, index) => [column, { type: 'string', required: index === 0 }])),
    primaryKey: columns.slice(0, 1),
  }
}
