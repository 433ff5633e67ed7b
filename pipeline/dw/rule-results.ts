import { join } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, RuleResult } from '../../control/ledger.ts'
import { readParquet, sql } from '../../core/sql.ts'

/** How many records of a run broke each rule of a table, with the first of them, most frequent rules first. */
export async function readRuleResults(
  lake: Lake,
  run: Run,
  tableName: string,
  rejects: DataFile,
): Promise<RuleResult[]> {
  const rows = await lake.engine.rows<{
    rule: string
    records: number
    example_file: string
    example_line: number
  }>(sql`
    with broken as (
      select unnest(_rules) as rule, _file, _line, row_number() over () as position from ${readParquet([join(lake.layout.lake, rejects.path)])}
    )
    select rule, count(*) as records, arg_min(_file, position) as example_file, arg_min(_line, position) as example_line
    from broken
    group by rule
    order by records desc, rule`)
  return rows.map((row) => ({
    runId: run.runId,
    tableName,
    rule: row.rule,
    records: row.records,
    exampleFile: row.example_file,
    exampleLine: row.example_line,
  }))
}
