import type { CheckResult, Finding, Verification } from '../../control/verify/index.ts'
import { literal, sql } from '../../core/sql.ts'
import { lakeRowsOf } from './lake-rows.ts'
import { findViolations } from './rows/find-violations.ts'
import { isInRuns, type LakeRows, type LakeTable, readLakeTables, rowsOf } from './rows/lake-tables.ts'
import { perTable } from './rows/per-table.ts'
import { uploadNames } from './rows/repeated-keys.ts'
import { createViolations, VIOLATIONS } from './rows/violations.ts'

/** Rows named in a finding. */
const MAX_EXAMPLES = 5

/**
 * No two current rows of a table share a key, references lead to rows, and every row passes the rules of the contract that it was
 * loaded under; all of it from the data alone.
 */
export async function checkRules(verification: Verification): Promise<CheckResult> {
  const rows = lakeRowsOf(verification)
  const tables = await readLakeTables(rows)
  return perTable(rows, tables, async (table) => {
    await createViolations(rows.engine)
    await findViolations(rows.engine, table, tables)
    return { findings: await findingsOf(verification, table), notes: await notesOf(rows, table) }
  })
}

async function findingsOf({ engine, version }: Verification, { tableName }: LakeTable): Promise<Finding[]> {
  const found = await engine.rows<{ rule: string; rows: number; examples: string[] }>(sql`
    with
    _uploads as (${uploadNames()}),
    _named as (
      select *, coalesce(_upload, _file_id) || ':' || _line as _place
      from ${VIOLATIONS} left join _uploads using (_file_id)
    )
    select
      _rule as rule, count(*) as rows,
      min({run: _run_id, place: _upload, line: _line, text: _key || ' (' || _place || '): ' || _reason}, ${literal(MAX_EXAMPLES)}) as named,
      list_transform(named, lambda _example: _example.text) as examples
    from _named
    group by _rule
    order by _rule`)
  return found.map(({ rule, rows, examples }) => ({
    check: 'rules',
    file: null,
    table: tableName,
    versions: [{ first: version, last: version }],
    message: `dw.${tableName}: ${rows} ${rows === 1 ? 'row breaks' : 'rows break'} ${rule}: ${examples.join('; ')}${rows > examples.length ? '; …' : ''}`,
    remedy: 'repair',
  }))
}

async function notesOf({ engine }: LakeRows, table: LakeTable): Promise<string[]> {
  const orphans = table.allowsOrphans
    ? [`dw.${table.tableName}: its references, because a restore has loaded rows that refer to nothing`]
    : []
  if (table.unknownRuns.length === 0) return orphans
  const { unjudged } = await engine.row<{ unjudged: number }>(
    sql`select count(*) as unjudged from (${rowsOf(table)}) where ${isInRuns(table.unknownRuns)}`,
  )
  if (unjudged === 0) return orphans
  return [
    ...orphans,
    `dw.${table.tableName}: the rules and references of ${unjudged} rows, whose runs were under a contract that the lake has not kept`,
  ]
}
