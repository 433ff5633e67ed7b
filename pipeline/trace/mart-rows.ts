import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join, type Sql, type SqlValue, sql } from '../../core/sql.ts'
import { notTraceable } from './not-traceable.ts'

/** The rows of the mart that were asked for. */
const MART_ROWS = ident('temp', 'traced_mart')
/** The same rows, as often as there is something behind them, and what that is. */
export const BEHIND = ident('temp', 'rows_behind')

/** A mart's column that can be compared exactly: sums of floating point numbers depend on the order of the rows. */
export interface MartColumn {
  readonly name: string
  readonly isExact: boolean
}

/** Leave the rows of a mart that meet a condition in the engine. @throws {DroplakeError} QUERY_FAILED */
export async function findMartRows(engine: Engine, martName: string, condition: Sql): Promise<MartColumn[]> {
  const mart = ident('app', martName)
  try {
    await engine.run(sql`create or replace temp table traced_mart as select * from ${mart} where ${condition}`)
  } catch (cause) {
    throw new DroplakeError('QUERY_FAILED', messageOf(cause), {
      cause,
      hint: `Columns of the mart: droplake query "describe app.${martName}"`,
    })
  }
  const described = await engine.rows<{ column_name: string; column_type: string }>(sql`describe ${MART_ROWS}`)
  return described.map(({ column_name: name, column_type: type }) => ({
    name,
    isExact: !/DOUBLE|FLOAT/.test(type),
  }))
}

/** All rows of a query of rows behind, as far as they belong to the mart's rows that were asked for. */
export async function findBehind(
  engine: Engine,
  text: string,
  parameters: Readonly<Record<string, SqlValue>>,
  columns: readonly MartColumn[],
): Promise<void> {
  const isSame = columns
    .filter(({ isExact }) => isExact)
    .map(({ name }) => sql`${ident('_asked', name)} is not distinct from ${ident('_behind', name)}`)
  const exists = sql`exists (select 1 from ${MART_ROWS} as _asked where ${join([sql`true`, ...isSame], ' and ')})`
  await engine.runNamed(
    `create or replace temp table rows_behind as select * from (\n${text}\n) as _behind where ${exists.text}`,
    parameters,
  )
}

/** What was followed back has to lead to the very rows that the mart has. @throws {DroplakeError} MART_NOT_TRACEABLE */
export async function refuseOtherRows(
  engine: Engine,
  martName: string,
  columns: readonly MartColumn[],
  column: string | null,
): Promise<void> {
  const exact = columns.filter(({ isExact }) => isExact).map(({ name }) => ident(name))
  if (exact.length === 0) return
  const names = join(exact, ', ')
  const { other } = await engine.row<{ other: number }>(sql`
    select count(*) as other from (select distinct ${names} from ${MART_ROWS} except select ${names} from ${BEHIND})`)
  if (other > 0)
    throw notTraceable(martName, `followed back, its SQL does not give ${other} of the rows that were asked for`, {
      details: { column },
    })
}

/** How many rows of the mart were asked for. */
export async function countMartRows(engine: Engine): Promise<number> {
  return (await engine.row<{ rows: number }>(sql`select count(*) as rows from ${MART_ROWS}`)).rows
}
