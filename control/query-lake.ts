import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api'
import type { Project } from '../core/config/load-config.ts'
import type { Engine } from '../core/engine.ts'
import { DroplakeError, messageOf } from '../core/errors.ts'
import { withCatalog } from './read-catalog.ts'
import { withVersions } from './versions/open-versions.ts'
import { showVersion } from './versions/show-version.ts'

/** A query's result while it is read: columns, then chunks of rows. */
export interface QueryResult {
  readonly names: readonly string[]
  readonly types: readonly DuckDBType[]
  readonly chunks: AsyncIterable<DuckDBDataChunk>
}

/**
 * Run one SELECT over the newest version of the lake. Nothing can be changed with it.
 *
 * @throws {DroplakeError} QUERY_REFUSED for anything but one SELECT, QUERY_FAILED, LAKE_NOT_FOUND, LAKE_MOVED
 */
export async function queryLake<Result>(project: Project, text: string, read: ReadResult<Result>): Promise<Result> {
  return withCatalog(project, (engine) => runSelect(engine, text, read))
}

/**
 * Run one SELECT over an older version of the lake, its views made again from today's ledger. The control tables are
 * today's.
 *
 * @throws {DroplakeError} VERSION_NOT_FOUND, VERSION_VACUUMED, QUERY_REFUSED, QUERY_FAILED, LAKE_NOT_FOUND
 */
export async function queryVersion<Result>(
  project: Project,
  version: number,
  text: string,
  read: ReadResult<Result>,
): Promise<Result> {
  return withVersions(project, async (versions) => {
    await showVersion(versions, version)
    return runSelect(versions.engine, text, read)
  })
}

type ReadResult<Result> = (result: QueryResult) => Promise<Result>

async function runSelect<Result>(engine: Engine, text: string, read: ReadResult<Result>): Promise<Result> {
  try {
    const inspected = await engine.inspect(text)
    if (!inspected.isSelect) throw notASelect(inspected.statements)
    const result = await engine.connection.stream(text)
    return await read({ names: result.deduplicatedColumnNames(), types: result.columnTypes(), chunks: result })
  } catch (cause) {
    if (cause instanceof DroplakeError && cause.code !== 'ENGINE_FAILED') throw cause
    throw new DroplakeError('QUERY_FAILED', messageOf(cause), {
      cause,
      hint: 'Names of tables: droplake query "show all tables"',
    })
  }
}

function notASelect(statements: number): DroplakeError {
  const found = statements === 1 ? 'a statement that is no SELECT' : `${statements} statements`
  return new DroplakeError('QUERY_REFUSED', `found ${found}; expected one SELECT, because queries only read`, {
    hint: 'Tables change through uploads: drop a file, then droplake run.',
  })
}
