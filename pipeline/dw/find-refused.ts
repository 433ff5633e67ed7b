import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { findMissing, MISSING } from './find-missing.ts'
import { findOrphans, ORPHANS } from './find-orphans.ts'
import { keysOf } from './keys/key-sql.ts'
import { readRecords, withTypedValues } from './read-records.ts'
import { typedName } from './rules/index.ts'
import type { InputPart, TableInput } from './table-input.ts'

/** Records that break a rule, by themselves or by a reference, as ODS has them. */
export const REFUSED = ident('refused')

/**
 * Find the refused records: those that were not accepted, and of the accepted ones those that refer to nothing.
 *
 * @returns a relation of the good records, those that are left
 */
export async function findRefused(engine: Engine, input: TableInput, accepted: readonly Accepted[]): Promise<Sql> {
  const orphans = await findOrphans(engine, input, accepted)
  await findMissing(engine, input, accepted)
  const records = accepted.map(({ part, rows }) =>
    rows === part.records && orphans === 0
      ? sql`select * from (${readRecords(input, part)}) where false`
      : sql`select * from (${readRecords(input, part)}) semi join ${refusedOf(part)} using (_file_id, _line)`,
  )
  await engine.run(sql`create or replace temp table ${REFUSED} as ${join(records, ' union all ')}`)
  const rows = readParquet(accepted.map(({ path }) => path))
  return orphans === 0 ? rows : sql`(select * from ${rows} anti join ${ORPHANS} using (_file_id, _line))`
}

function refusedOf(part: InputPart): Sql {
  return sql`(
    select _file_id, _line from ${MISSING} where _part = ${literal(part.name)}
    union all
    select _file_id, _line from ${ORPHANS}
  )`
}

/** A relation of the refused records' keys, typed: the columns of all keys under their names, `_file_id` and `_line`. */
export function refusedKeys({ table }: TableInput): Sql {
  const names = [...new Set(keysOf(table).flat())]
  const columns = join(
    names.map((column) => sql`${typedName(column)} as ${ident(column)}`),
    ', ',
  )
  return sql`(select ${columns}, _file_id, _line from (${withTypedValues(table, sql`select * from ${REFUSED}`)}))`
}
