import type { Engine } from '../../core/engine.ts'
import { ident, join, readParquet, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { holdsBack, referenceRules, typedName } from './rules/index.ts'
import type { TableInput } from './table-input.ts'

/** Accepted records that refer to a row that is not there: `_file_id`, `_line`. */
export const ORPHANS = ident('orphans')

/** Judge accepted records by the table's references. @returns how many refer to nothing */
export async function findOrphans(engine: Engine, input: TableInput, accepted: readonly Accepted[]): Promise<number> {
  const { table, tables } = input
  const rules = referenceRules(table, tables).filter(holdsBack)
  if (rules.length === 0) {
    await engine.run(sql`create or replace temp table ${ORPHANS} (_file_id varchar, _line bigint)`)
    return 0
  }
  const broken = join(
    rules.map((rule) => rule.broken),
    ' or ',
  )
  const typed = join(
    Object.keys(table.columns).map((name) => sql`${ident(name)} as ${typedName(name)}`),
    ', ',
  )
  await engine.run(sql`
    create or replace temp table ${ORPHANS} as
    select _file_id, _line
    from (select *, ${typed} from ${readParquet(accepted.map(({ path }) => path))})
    where ${broken}`)
  const { orphans } = await engine.row<{ orphans: number }>(sql`select count(*) as orphans from ${ORPHANS}`)
  return orphans
}
