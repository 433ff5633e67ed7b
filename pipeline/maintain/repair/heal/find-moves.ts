import { join as joinPath } from 'node:path'
import type { Run } from '../../../../control/lake.ts'
import { selectRaw } from '../../../../control/relations.ts'
import type { Engine } from '../../../../core/engine.ts'
import { ident, readParquet, type Sql, sql } from '../../../../core/sql.ts'
import { findBrokenRules } from '../../../verify/rows/broken-rules.ts'
import { type LakeRows, type LakeTable, rowsOf } from '../../../verify/rows/lake-tables.ts'
import { findMissingReferences } from '../../../verify/rows/missing-references.ts'
import { findRepeatedKeys } from '../../../verify/rows/repeated-keys.ts'
import { createViolations, VIOLATIONS } from '../../../verify/rows/violations.ts'

/** Rows of one table to move: `_file_id`, `_line`, `_rules` and `_reason`. */
export const MOVED = ident('temp', 'moved_rows')

export interface Moves {
  readonly rows: number
  /** `unique:id`, those that the rows break. */
  readonly rules: readonly string[]
  /** The table without them. */
  readonly remaining: LakeTable
  /** Sentences about rows that cannot be moved. */
  readonly stuck: readonly string[]
}

/**
 * Find which rows of a table have to go so that all its promises hold; they are then in `MOVED`. Rows that break a rule or refer to
 * nothing go first: of a repeated key, the first of the others stays. Rows of this table may refer to rows that go, so that it is
 * repeated until none is left.
 */
export async function findMoves(
  rows: LakeRows,
  run: Run,
  table: LakeTable,
  tables: readonly LakeTable[],
): Promise<Moves> {
  const { engine } = rows
  await engine.run(sql`
    create or replace temp table moved_rows (_file_id varchar, _line bigint, _rules varchar[], _reason varchar)`)
  await engine.run(sql`
    create or replace temp table stuck_rows (_file_id varchar, _line bigint, _why varchar)`)
  let remaining = table
  for (;;) {
    const others = tables.map((other) => (other === table ? remaining : other))
    await createViolations(engine)
    await findBrokenRules(engine, remaining)
    await findMissingReferences(engine, remaining, others)
    if (!(await isAny(engine, NEW_VIOLATIONS))) await findRepeatedKeys(engine, remaining)
    if (!(await isAny(engine, NEW_VIOLATIONS))) break
    await findStuck(rows, remaining)
    await engine.run(sql`
      insert into ${MOVED}
      select _file_id, _line, list(_rule order by _rule), string_agg(_reason, '; ' order by _rule)
      from (${NEW_VIOLATIONS})
      group by _file_id, _line`)
    remaining = await withoutMoved(engine, run, table)
  }
  const { found } = await engine.row<{ found: number }>(sql`select count(*) as found from ${MOVED}`)
  const rules = await engine.rows<{ rule: string }>(
    sql`select distinct unnest(_rules) as rule from ${MOVED} order by rule`,
  )
  return { rows: found, rules: rules.map(({ rule }) => rule), remaining, stuck: await readStuck(engine) }
}

const STUCK = ident('temp', 'stuck_rows')

const NEW_VIOLATIONS: Sql = sql`
  select * from ${VIOLATIONS}
  anti join ${STUCK} using (_file_id, _line)
  anti join ${MOVED} using (_file_id, _line)`

/** Rows that cannot be moved: an entry of the quarantine is one record of ODS, at its place. */
async function findStuck({ engine, dataFiles, layout }: LakeRows, lakeTable: LakeTable): Promise<void> {
  const { table, tableName, files } = lakeTable
  const ods = dataFiles
    .filter((file) => file.layer === 'ods' && file.tableName === tableName)
    .map((file) => joinPath(layout.lake, file.path))
  const found = sql`(select distinct _file_id, _line from (${NEW_VIOLATIONS}))`
  await engine.run(sql`
    insert into ${STUCK}
    select _file_id, _line, 'it has no record in ODS'
    from ${found} anti join (${selectRaw(table, ods)}) using (_file_id, _line)`)
  await engine.run(sql`
    insert into ${STUCK}
    select _file_id, _line, 'its record is several rows of the table'
    from (${rowsOf(lakeTable)}) semi join ${found} using (_file_id, _line)
    group by _file_id, _line
    having count(*) > 1`)
  if (files.closed.length === 0) return
  const closed = readParquet(files.closed)
  await engine.run(sql`
    insert into ${STUCK}
    select distinct _file_id, _line, 'it is part of the history of a row; roll back to before its run'
    from ${found}
    semi join (select _file_id, _line from ${closed} union all select _by_file_id, _by_line from ${closed}) using (_file_id, _line)`)
}

/** The table as it is without the rows in `MOVED`. */
async function withoutMoved(engine: Engine, run: Run, table: LakeTable): Promise<LakeTable> {
  const { moved } = await engine.row<{ moved: number }>(sql`select count(*) as moved from ${MOVED}`)
  if (moved === 0) return table
  const path = engine.paths.issue(run.folder, `moved-${table.tableName}`)
  await engine.copyToParquet(sql`select _file_id, _line from ${MOVED}`, path, 'format parquet')
  return { ...table, files: { ...table.files, replaced: [...table.files.replaced, path] } }
}

async function readStuck(engine: Engine): Promise<string[]> {
  const rows = await engine.rows<{ rows: number; place: string; why: string }>(sql`
    select count(*) as rows, min(coalesce(name, _file_id) || ':' || _line) as place, _why as why
    from ${STUCK} left join (select file_id as _file_id, arg_max(name, run_id) as name from lake.control.files group by file_id) using (_file_id)
    group by _why
    order by _why`)
  return rows.map(({ rows: count, place, why }) =>
    count === 1 ? `the row of ${place}: ${why}` : `${count} rows, the first of ${place}: ${why}`,
  )
}

async function isAny(engine: Engine, query: Sql): Promise<boolean> {
  const { found } = await engine.row<{ found: number }>(sql`select count(*) as found from (${query} limit 1)`)
  return found > 0
}
