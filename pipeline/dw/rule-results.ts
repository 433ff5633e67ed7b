import { join as joinPath } from 'node:path'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile, RuleResult } from '../../control/ledger.ts'
import { severityOf } from '../../core/config/rule-ids.ts'
import { ident, join, literal, raw, readParquet, type Sql, sql } from '../../core/sql.ts'
import { allRecordRules, holdsBack, type Rule, typedName } from './rules/index.ts'
import { RUN_FILES, type TableInput } from './table-input.ts'
import { textName } from './text-value.ts'

/**
 * How many records of a run broke each rule of a table, with the first of them, most frequent rules first.
 *
 * @param loaded the rows that the run adds: those that break a rule which only warns are among them
 */
export async function readRuleResults(
  lake: Lake,
  run: Run,
  input: TableInput,
  loaded: readonly DataFile[],
  rejects: DataFile | null,
): Promise<RuleResult[]> {
  const pathOf = (file: DataFile) => joinPath(lake.layout.lake, file.path)
  const found = [
    ...(rejects === null ? [] : await countRejects(lake, pathOf(rejects))),
    ...(loaded.length === 0 ? [] : await countWarnings(lake, input, loaded.map(pathOf))),
  ]
  return found
    .map((row) => ({
      runId: run.runId,
      tableName: input.tableName,
      rule: row.rule,
      severity: severityOf(input.table, row.rule),
      records: row.records,
      exampleFile: row.example_file,
      exampleLine: row.example_line,
    }))
    .sort((a, b) => b.records - a.records || (a.rule < b.rule ? -1 : 1))
}

type Found = {
  readonly rule: string
  readonly records: number
  readonly example_file: string
  readonly example_line: number
}

async function countRejects(lake: Lake, path: string): Promise<Found[]> {
  return lake.engine.rows<Found>(sql`
    with broken as (
      select unnest(_rules) as rule, _file, _line, row_number() over () as position from ${readParquet([path])}
    )
    select rule, count(*) as records, arg_min(_file, position) as example_file, arg_min(_line, position) as example_line
    from broken
    group by rule`)
}

/** One more pass over the new rows, where a rule warns at all: what is loaded has its values, so they tell who breaks it. */
async function countWarnings(lake: Lake, input: TableInput, paths: readonly string[]): Promise<Found[]> {
  const { table, tables } = input
  const rules = allRecordRules(input.rules, table, tables).filter((rule) => !holdsBack(rule))
  if (rules.length === 0) return []
  const counts = rules.map(
    (rule, index) => sql`
      count(*) filter (where ${rule.broken}) as ${ident(`records_${index}`)},
      min(_line) filter (where ${rule.broken}) as ${ident(`line_${index}`)}`,
  )
  await lake.engine.run(sql`
    create or replace temp table warnings as
    select _file_id, ${join(counts, ', ')}
    from (${asRecords(input, paths)})
    group by _file_id`)
  return lake.engine.rows<Found>(sql`
    select
      rule, sum(records) as records, arg_min(_file, _file_no) as example_file, arg_min(line, _file_no) as example_line
    from (${join(rules.map(perFile), ' union all ')})
    join (select * from ${RUN_FILES}) as _files using (_file_id)
    where records > 0
    group by rule`)
}

function perFile(rule: Rule, index: number): Sql {
  return sql`
    select
      ${literal(rule.id)} as rule, _file_id, ${ident(`records_${index}`)} as records, ${ident(`line_${index}`)} as line
    from warnings`
}

/** Rows of the table as rules see records: a value under its typed name, and as text where it is missing or not. */
function asRecords({ table }: TableInput, paths: readonly string[]): Sql {
  const columns = Object.entries(table.columns).flatMap(([name, column]) => [
    sql`${ident(name)} as ${typedName(name)}`,
    sql`case when ${ident(name)} is not null then 'x' end as ${textName(name, column)}`,
  ])
  return sql`select ${join(columns, ', ')}, ${raw('null::varchar')} as _malformed, _file_id, _line from ${readParquet(paths)}`
}
