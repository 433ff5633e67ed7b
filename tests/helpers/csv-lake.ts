import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import { withLake } from '../../control/open-lake.ts'
import { startRun } from '../../control/run-folder.ts'
import { loadProject } from '../../core/config/load-config.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import { silentLogger } from '../../core/logger.ts'
import { exactPath, ident, join as joinSql, literal, sql } from '../../core/sql.ts'
import { loadRaw, type RawFile } from '../../pipeline/ods/load-raw.ts'
import { contentIdOf } from '../../pipeline/uploads/index.ts'

/** A row of an ODS file. */
export interface RawRow {
  readonly line: number
  /** By column; null where DuckDB has no value, which is also how it reads an empty field. */
  readonly cells: Readonly<Record<string, string | null>>
  readonly malformed: string | null
  readonly raw: string | null
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

  /** Load these bytes as a new upload. @throws what `loadRaw` throws */
  async load(tableName: string, content: string | Uint8Array, name = `${tableName}.csv`): Promise<RawFile> {
    const bytes = Buffer.from(content)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const number = ++this.#uploads
    const path = join(this.run.folder, `upload-${number}`)
    await writeFile(path, bytes)
    const identity = { device: '0', inode: '0', sizeBytes: String(bytes.length), modifiedNs: '0' }
    const upload = { status: 'copied', name, tableName, path, sizeBytes: bytes.length, sha256, identity } as const
    try {
      // A run loads no content twice; a test may, and then its file needs a name of its own.
      const fileId = contentIdOf(tableName, `${sha256} ${number}`)
      return await loadRaw(this.lake, this.run, upload, fileId, this.table(tableName))
    } finally {
      await rm(path)
    }
  }

  /** What an upload's Parquet file holds, in the order of the file. */
  async rows(rawFile: RawFile): Promise<RawRow[]> {
    if (rawFile.dataFile === null) return []
    const path = literal(exactPath(join(this.lake.layout.lake, rawFile.dataFile.path)))
    // The node client drops a byte order mark from the front of a value, so each one is given another first character.
    const columns = [...rawFile.dialect.columns, '_malformed', '_raw'].map((name) => sql`'=' || ${ident(name)}`)
    const rows = await this.lake.engine.rows(sql`
      select _line, [${joinSql(columns, ', ')}] as texts from read_parquet(${path}, file_row_number = true) order by file_row_number`)
    return rows.map(({ _line, texts }) => {
      const values = (texts as (string | null)[]).map((text) => text?.slice(1) ?? null)
      const cells = Object.fromEntries(rawFile.dialect.columns.map((name, index) => [name, values[index] ?? null]))
      return { line: Number(_line), cells, malformed: values.at(-2) ?? null, raw: values.at(-1) ?? null }
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
