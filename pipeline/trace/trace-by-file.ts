import type { Project } from '../../core/config/load-config.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { type SqlValue, sql } from '../../core/sql.ts'
import { readTrace } from '../app/index.ts'
import { BEHIND, findBehind, type MartColumn, refuseOtherRows } from './mart-rows.ts'
import { TRACED } from './traced-rows.ts'

/**
 * Find the rows behind a mart by the SELECT that its config names, and leave them in `TRACED`.
 *
 * @param path of the file, relative to the project
 * @throws {DroplakeError} MART_INVALID, MART_NOT_TRACEABLE
 */
export async function traceByFile(
  engine: Engine,
  project: Project,
  martName: string,
  path: string,
  columns: readonly MartColumn[],
): Promise<void> {
  const { text, parameters } = await readTrace(engine, project, martName, path)
  const described = await describeQuery(engine, text, parameters)
  const lacking = ['_table', '_file_id', '_line'].filter((name) => !described.includes(name))
  const shared = columns.filter(({ name }) => described.includes(name))
  if (lacking.length > 0 || shared.length === 0) {
    const found = lacking.length > 0 ? `lacks ${lacking.join(', ')}` : 'has no column of the mart'
    throw new DroplakeError('MART_INVALID', `mart "${martName}" (${path}): it ${found}`, {
      hint: 'Let it give columns of the mart, and _table, _file_id and _line of the rows of dw behind them.',
    })
  }
  await findBehind(engine, text, parameters, shared)
  await refuseOtherRows(engine, martName, shared, null)
  await refuseUnknownTables(engine, project, martName, path)
  await engine.run(sql`insert into ${TRACED} select distinct _table, _file_id, _line from ${BEHIND}`)
}

async function refuseUnknownTables(engine: Engine, project: Project, martName: string, path: string): Promise<void> {
  const tables = Object.keys(project.config.tables)
  const named = await engine.rows<{ _table: string | null }>(sql`select distinct _table from ${BEHIND}`)
  const unknown = named.find(({ _table }) => !tables.includes(_table ?? ''))
  if (unknown === undefined) return
  throw new DroplakeError(
    'MART_INVALID',
    `mart "${martName}" (${path}): "${unknown._table}" in _table is no table of dw`,
    {
      hint: `Tables are ${tables.join(', ')}.`,
    },
  )
}

async function describeQuery(
  engine: Engine,
  text: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<string[]> {
  await engine.runNamed(`create or replace temp table rows_behind as select * from (\n${text}\n) limit 0`, parameters)
  const described = await engine.rows<{ column_name: string }>(sql`describe ${BEHIND}`)
  return described.map((row) => row.column_name)
}
