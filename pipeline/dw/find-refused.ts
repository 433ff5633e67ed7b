import type { Engine } from '../../core/engine.ts'
import { ident, join, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { findOrphans, ORPHANS } from './find-orphans.ts'
import { readTypedRecords } from './read-records.ts'
import { typedName } from './rules/index.ts'
import type { TableInput } from './table-input.ts'

/**
 * Records that break a rule, by themselves or by a reference: `_file_id`, `_line`, and the values of the key's columns under
 * their names.
 */
export const REFUSED = ident('refused')

/**
 * Find the refused records: what a part has and its accepted rows have not (by construction no record is in neither), and
 * what refers to nothing.
 *
 * @returns a relation of the good records, those that are left
 */
export async function findRefused(engine: Engine, input: TableInput, accepted: readonly Accepted[]): Promise<Sql> {
  const key = join(
    input.table.primaryKey.map((column) => sql`${typedName(column)} as ${ident(column)}`),
    ', ',
  )
  const queries = accepted.map((rows) => sql`select _file_id, _line, ${key} from (${refusedOf(input, rows)})`)
  const orphans = await findOrphans(engine, input, accepted)
  const all = join([...queries, sql`select * from ${ORPHANS}`], ' union all ')
  await engine.run(sql`create or replace temp table ${REFUSED} as ${all}`)
  const rows = readParquet(accepted.map(({ path }) => path))
  return orphans === 0 ? rows : sql`(select * from ${rows} anti join ${ORPHANS} using (_file_id, _line))`
}

function refusedOf(input: TableInput, { part, path, rows }: Accepted): Sql {
  const records = readTypedRecords(input, part)
  if (rows === part.records) return sql`from (${records}) where false`
  const identity = part.lines === null ? sql`(_file_id, _line)` : sql`(_line)`
  return sql`from (${records}) anti join ${readParquet([path])} using ${identity}`
}
