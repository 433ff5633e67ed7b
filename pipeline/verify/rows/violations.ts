import type { Engine } from '../../../core/engine.ts'
import { ident, join, literal, type Sql, sql } from '../../../core/sql.ts'
import type { LakeTable } from './lake-tables.ts'

/**
 * Rows that break a promise of their table: `_table`, `_rule`, `_reason`, `_key` (the primary key, for people), and the
 * row's `_file_id`, `_line` and `_run_id`. A row has an entry for each rule that it breaks.
 */
export const VIOLATIONS = ident('temp', 'row_violations')

/** Empty `VIOLATIONS`. */
export async function createViolations(engine: Engine): Promise<void> {
  await engine.run(sql`
    create or replace temp table row_violations
      (_table varchar, _rule varchar, _reason varchar, _key varchar, _file_id varchar, _line bigint, _run_id bigint)`)
}

/**
 * Add rows to `VIOLATIONS`.
 *
 * @param broken a query with the columns of the table as typed values, `_file_id`, `_line`, `_run_id`, `_rule` and `_reason`
 */
export async function addViolations(engine: Engine, { tableName, table }: LakeTable, broken: Sql): Promise<void> {
  await engine.run(sql`
    insert into ${VIOLATIONS}
    select ${literal(tableName)}, _rule, _reason, ${keyText(table.primaryKey)}, _file_id, _line, _run_id from (${broken})`)
}

/** `order_id "7", line "2"` */
export function keyText(key: readonly string[]): Sql {
  return join(
    key.map((column) => sql`${literal(`${column} "`)} || coalesce(left(${ident(column)}::varchar, 80), '') || '"'`),
    " || ', ' || ",
  )
}
